# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters of the role prune. What they return is never taken for a template, whatever the cloud tells."""

# Note that these filters are **PRIVATE** to the collection. They can have breaking changes at any time.

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

from ..plugin_utils import _prune, _prune_report

Filter = t.Callable[..., t.Any]


def select(met: t.Any, known: t.Any, asked: _prune.Asked, files: t.Sequence[t.Any]) -> t.Any:
    """Return which jobs are chosen, and warn of what was to be kept and is not there. Raises where anything is not clear."""
    try:
        selection = _prune.select(met, known, asked, files)
    except _prune.Unclear as error:
        raise AnsibleFilterError(str(error)) from error
    for warning in _prune_report.warnings(selection):
        Display().warning(warning)
    return selection


def untrusted(function: Filter) -> Filter:
    """Return a function whose result is no template."""
    return lambda *arguments: wrap_var(function(*arguments))


class FilterModule:
    """The filters of the role prune."""

    def filters(self) -> t.Dict[str, Filter]:
        """Return them by their names."""
        return {
            "_prune_asked": untrusted(_prune.read),
            "_prune_unwritable": untrusted(_prune.unwritable),
            "_prune_chosen": untrusted(select),
            "_prune_reports": untrusted(_prune_report.reports),
        }
