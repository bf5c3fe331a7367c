#!/usr/bin/env bash
# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The same tests, as modules where they run directly, and directly where they run as modules.

set -eu

cd ../modelarts_visualization_job
OTHER_WAY=1 exec ./runme.sh
