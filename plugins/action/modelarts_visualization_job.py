# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module of this name, run without a process of its own where nothing speaks against it."""

from __future__ import annotations

from ansible_collections.otc.modelarts.plugins.plugin_utils._direct import DirectAction


class ActionModule(DirectAction):
    """Runs the task of this module."""

    description = "JOB"
