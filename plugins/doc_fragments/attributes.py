# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
  direct_execution:
    description: Can run in Ansible's own process, without a file to build, copy and start.
    support: full
    details:
      - Where nothing speaks against it; see
        R(Where a task runs, ansible_collections.otc.modelarts.docsite.where_it_runs).
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
"""

    ACTIONGROUP_MODELARTS = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/otc.modelarts.modelarts) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - otc.modelarts.modelarts
"""
