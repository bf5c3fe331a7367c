# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx builds the pages that antsibull-docs writes. Every reference must hold, without a look at the network."""

from __future__ import annotations

import typing as t

from docutils import nodes

project = "otc.modelarts"
copyright = "otc.modelarts contributors"  # noqa: A001 - the name that Sphinx asks for
html_title = "otc.modelarts"
extensions = ["sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_static_path = ["static"]
html_css_files = ["narrow.css"]
html_show_sphinx = False
html_copy_source = False
html_use_index = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
nitpicky = True

# Pages of Ansible's own documentation that the generated pages refer to.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
ELSEWHERE = {
    "action_plugins": f"{ANSIBLE}/plugins/action.html",
    "ansible_collections.ansible.builtin.stat_module": f"{ANSIBLE}/collections/ansible/builtin/stat_module.html",
    "ansible_collections.ansible.builtin.tempfile_module": f"{ANSIBLE}/collections/ansible/builtin/tempfile_module.html",
    "ansible_configuration_settings": f"{ANSIBLE}/reference_appendices/config.html",
    "common_return_values": f"{ANSIBLE}/reference_appendices/common_return_values.html",
}


def elsewhere(app: t.Any, env: t.Any, node: t.Any, content: t.Any) -> t.Optional[nodes.reference]:
    """Return a link for a reference to one of these pages."""
    url = ELSEWHERE.get(node["reftarget"])
    return nodes.reference("", "", content, internal=False, refuri=url) if url else None


def setup(app: t.Any) -> None:
    """Have Sphinx ask :func:`elsewhere` for what it does not know."""
    app.connect("missing-reference", elsewhere)
