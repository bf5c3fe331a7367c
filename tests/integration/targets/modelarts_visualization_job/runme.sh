#!/usr/bin/env bash
# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

set -eu

# The tests run ansible-playbook themselves, against a simulator that they start on loopback.
exec python -m pytest -p no:cacheprovider --numprocesses 2 --durations 5 .
