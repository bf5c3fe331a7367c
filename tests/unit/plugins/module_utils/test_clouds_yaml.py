# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of clouds.yaml as they are in use: we make of each what openstacksdk makes of it, or say why not."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest
import yaml
from openstack import config as openstack_config
from openstack.config import loader

from ansible_collections.otc.modelarts.plugins.module_utils import _module, _settings

Fields = t.Dict[str, t.Any]

IAM = "https://iam.eu-de.otc.t-systems.com/v3"
USER: Fields = {"username": "u", "password": "the-password", "user_domain_name": "OTC-EU-DE-1"}
BASE: Fields = {"auth_url": IAM, **USER, "project_name": "eu-de_p"}
FACTS = ("username", "password", "token", "user_domain_name", "auth_url", "project_id", "project_name", "region_name")


class Entry(t.NamedTuple):
    """An entry, what else the task gives, and facts that we take otherwise than openstacksdk, with the reason."""

    title: str
    entry: Fields
    region: t.Optional[str] = None
    secure: t.Optional[Fields] = None
    public: t.Optional[Fields] = None
    otherwise: t.Mapping[str, t.Any] = {}
    why: str = ""


NL = {"name": "eu-nl", "values": {"auth": {"project_id": "in-nl"}, "modelarts_endpoint_override": "https://nl.example.com"}}
DE = {"name": "eu-de", "values": {"auth": {"project_id": "in-de"}, "modelarts_endpoint_override": "https://de.example.com"}}
ENTRIES = [
    Entry("password", {"auth": BASE}),
    Entry("with an id of the project", {"auth": {**BASE, "project_id": "p"}}),
    Entry("with a region", {"auth": BASE, "region_name": "eu-de"}),
    Entry("the sample of OTC: a key beside auth", {"auth": BASE, "ak": "AK", "sk": "SK"}),
    Entry("a key beside auth by its long names", {"auth": BASE, "access_key": "AK", "secret_key": "SK"}),
    Entry("what automation controllers inject", {"auth": {**BASE, "domain_name": "d"}, "verify": True}),
    Entry("verify is false", {"auth": BASE, "verify": False}),
    Entry("region by the task, of two", {"auth": {**USER, "auth_url": IAM}, "regions": [NL, DE]}, region="eu-de"),
    Entry("the first region", {"auth": {**USER, "auth_url": IAM}, "regions": [NL, DE]}),
    Entry("regions by name only", {"auth": BASE, "regions": ["eu-nl", "eu-de"]}, region="eu-de"),
    Entry("a list of regions in a line", {"auth": BASE, "region_name": "eu-nl,eu-de"}, region="eu-de"),
    Entry("values of a region beat the entry", {"auth": {**BASE, "project_id": "p"}, "regions": [DE]}),
    Entry("password in secure.yaml", {"auth": {**BASE, "password": None}}, secure={"auth": {"password": "the-password"}}),
    Entry("secure.yaml beats clouds.yaml", {"auth": {**BASE, "password": "old"}}, secure={"auth": {"password": "the-password"}}),
    Entry("flat", {"auth": {}, **BASE}),
    Entry("flat user, the rest in auth", {"auth": {"auth_url": IAM, "project_id": "p"}, **USER}),
    Entry("auth beats what is beside it", {"auth": BASE, "project_name": "other"}),
    Entry("user_name", {"auth": {**{k: v for k, v in BASE.items() if k != "username"}, "user_name": "u"}}),
    Entry("tenant_name", {"auth": {**USER, "auth_url": IAM, "tenant_name": "eu-de_p"}}),
    Entry("tenant_id", {"auth": {**USER, "auth_url": IAM, "tenant_id": "p"}}),
    Entry(
        "with hyphens", {"auth": {"auth-url": IAM, "project-id": "p", "username": "u", "password": "x", "user-domain-name": "d"}}
    ),
    Entry("v3password", {"auth_type": "v3password", "auth": {**BASE, "project_domain_name": "d"}}),
    Entry("token", {"auth_type": "token", "auth": {"auth_url": IAM, "token": "the-token", "project_id": "p"}}),
    Entry("v3token", {"auth_type": "v3token", "auth": {"auth_url": IAM, "token": "the-token", "project_id": "p"}}),
    Entry("nulls", {"auth": BASE, "cacert": None, "cert": None}),
    Entry("a number as password", {"auth": {**BASE, "password": 12345678}}),
    Entry("a number as project", {"auth": {**BASE, "project_id": 42}}),
    Entry("profile of its own", {"profile": "ours", "auth": {**USER, "project_name": "p"}}, public={"auth": {"auth_url": IAM}}),
    Entry(
        "the old name of profile", {"cloud": "ours", "auth": {**USER, "project_name": "p"}}, public={"auth": {"auth_url": IAM}}
    ),
    Entry("the profile has the region", {"profile": "ours", "auth": BASE}, public={"region_name": "eu-de"}),
    Entry("the profile has regions", {"profile": "ours", "auth": BASE}, region="eu-de", public={"regions": ["eu-nl", "eu-de"]}),
    Entry(
        "the region is in the URL", {"auth": {**BASE, "auth_url": "https://iam.{region_name}.x.com/v3"}, "region_name": "eu-de"}
    ),
    Entry("interface", {"auth": BASE, "interface": "internal"}),
    Entry("other services' settings", {"auth": BASE, "volume_api_version": "3", "networks": [], "identity_api_version": 3}),
    Entry(
        "a key",
        {"auth": {"auth_url": IAM, "ak": "AK", "sk": "SK", "project_id": "p"}},
        otherwise={"access_key": "AK", "secret_key": "SK"},
        why="openstacksdk knows no access keys; its extension for these clouds reads them so",
    ),
    Entry(
        "a key beside an auth without a password",
        {"auth_type": "aksk", "auth": {"project_id": "p"}, "ak": "AK", "sk": "SK"},
        otherwise={"access_key": "AK", "secret_key": "SK"},
        why="as above",
    ),
]


@pytest.fixture
def clouds(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., None]:
    """Return what writes the files that openstacksdk reads, in an environment with nothing of this machine."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(loader, "VENDOR_FILES", [str(tmp_path / "clouds-public.yaml")])
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    monkeypatch.setenv("OS_CLIENT_SECURE_FILE", str(tmp_path / "secure.yaml"))

    def write(entry: Fields, secure: t.Optional[Fields] = None, public: t.Optional[Fields] = None) -> None:
        for name, key, content in (
            ("clouds.yaml", "clouds", {"mine": entry}),
            ("secure.yaml", "clouds", {"mine": secure} if secure else {}),
            ("clouds-public.yaml", "public-clouds", {"ours": public} if public else {}),
        ):
            (tmp_path / name).write_text(yaml.safe_dump({key: content}))

    return write


def by_openstacksdk(region: t.Optional[str], **own: t.Any) -> Fields:
    """Return what openstacksdk makes of the entry: of the credentials, what it would really send.

    :param own: what is given beside the name of the entry, as the modules of C(openstack.cloud) hand it on.
    """
    config = openstack_config.OpenStackConfig()
    cloud = config.get_one(cloud="mine", region_name=region or "", validate="ak" not in str(config.cloud_config), **own)
    facts: Fields = {"region_name": cloud.region_name, "project_id": cloud.config["auth"].get("project_id")}
    plugin = cloud._auth
    if plugin is not None:
        holders = [
            plugin,
            *getattr(plugin, "auth_methods", ()),
        ]  # v3 plugins keep it in their methods, generic ones in themselves
        values = {name.lstrip("_"): value for one in holders for name, value in vars(one).items()}
        facts.update({name: values.get(name) for name in FACTS if name != "region_name"})
    return {name: str(value) for name, value in facts.items() if value not in (None, "")}


def test_a_date_as_a_password_is_text(clouds: t.Callable[..., None], tmp_path: pathlib.Path) -> None:
    clouds({})
    auth = "{auth_url: https://i/v3, username: u, user_domain_name: d, password: 2020-01-01, project_id: p}"
    (tmp_path / "clouds.yaml").write_text(f"clouds: {{mine: {{auth: {auth}}}}}")
    assert _settings.source_from_cloud("mine")["password"] == "2020-01-01"


@pytest.mark.filterwarnings("ignore:Comma separated lists")
@pytest.mark.parametrize("case", ENTRIES, ids=[case.title for case in ENTRIES])
def test_we_make_of_an_entry_what_openstacksdk_makes_of_it(clouds: t.Callable[..., None], case: Entry) -> None:
    clouds(case.entry, case.secure, case.public)
    ours = _settings.source_from_cloud("mine", case.region)
    taken = {name: str(ours[name]) for name in (*FACTS, "access_key", "secret_key") if ours.get(name)}
    expected = {**by_openstacksdk(case.region), **case.otherwise}
    if "auth_url" not in expected:
        expected.update({name: taken[name] for name in taken if name not in expected and "key" not in name})
    assert taken == expected
    assert bool(case.otherwise) == bool(case.why)


def test_a_key_is_taken_as_it_is_written_and_with_its_token(clouds: t.Callable[..., None]) -> None:
    clouds({"auth": {"project_id": "p"}, "ak": "AK", "sk": "ab{{x}}cd"})
    assert _settings.source_from_cloud("mine")["secret_key"] == "ab{{x}}cd"
    for name in ("security_token", "securitytoken"):
        for entry in ({"auth": {"ak": "A", "sk": "S", name: "temporary"}}, {"auth": {"ak": "A", "sk": "S"}, name: "temporary"}):
            clouds(entry)
            assert _settings.source_from_cloud("mine")["security_token"] == "temporary"


def test_what_yaml_makes_no_text_of_is_refused_by_name(clouds: t.Callable[..., None]) -> None:
    clouds({"auth": {**BASE, "password": False}})
    with pytest.raises(_settings.SettingsError, match=r"auth.password \(OS_PASSWORD\) is false, which is no text"):
        _settings.resolve({"cloud": "mine"}, {})


def test_nulls_are_dropped_where_openstacksdk_stumbles_over_them(clouds: t.Callable[..., None]) -> None:
    clouds({"auth": BASE})
    plain = _settings.source_from_cloud("mine")
    clouds(
        {
            "auth": {**BASE, "token": None, "project_id": None},
            "auth_type": None,
            "region_name": None,
            "regions": None,
            "verify": None,
            "networks": None,
        }
    )
    assert _settings.source_from_cloud("mine") == plain


def test_the_same_entry_may_be_given_whole(clouds: t.Callable[..., None]) -> None:
    for case in ENTRIES:
        if case.secure or case.public or "cloud" in case.entry:
            continue
        clouds(case.entry)
        assert _settings.source_from_cloud(case.entry, case.region) == _settings.source_from_cloud("mine", case.region), (
            case.title
        )


def test_an_entry_that_is_given_may_add_to_one_that_it_names(clouds: t.Callable[..., None]) -> None:
    clouds({"auth": BASE, "region_name": "eu-de"})
    found = _settings.source_from_cloud({"cloud": "mine", "auth": {"project_name": "other"}, "verify": False})
    assert (found["project_name"], found["username"], found["validate_certs"]) == ("other", "u", False)


WAYS = {
    "password": {"username": "u", "password": "the-password", "user_domain_name": "d"},
    "user id": {"user_id": "1234", "password": "another-password"},
    "token": {"token": "the-token"},
    "token by another name": {"auth_token": "another-token"},
    "token with a dash": {"auth-token": "a-third-token"},
    "key": {"access_key": "AK", "secret_key": "SK"},
    "short key": {"ak": "ak", "sk": "sk"},
    "temporary key": {"ak": "tk", "sk": "ts", "securitytoken": "st"},
}


@pytest.mark.parametrize("own", WAYS)
@pytest.mark.parametrize(
    ("base", "beside"), [*((base, False) for base in WAYS), ("key", True), ("short key", True), ("temporary key", True)]
)
def test_what_a_task_adds_to_an_entry_is_who_it_works_as(
    clouds: t.Callable[..., None], base: str, own: str, beside: bool
) -> None:
    alone = _settings.credentials_of(_settings.source_from_cloud({"auth": {"auth_url": IAM, **WAYS[own]}}))
    of_region: Fields = {"regions": [{"name": "r", "values": {"auth": WAYS[base]}}]}
    of_profile: Fields = {"profile": "ours"}
    in_files = (WAYS[base], {"auth": WAYS[base]}, of_region, of_profile)
    for in_file in in_files if "key" in base else in_files[1:]:
        clouds({**in_file, "auth": {"auth_url": IAM, **t.cast("Fields", in_file.get("auth", {}))}}, public={"auth": WAYS[base]})
        added = WAYS[own] if beside else {"auth": WAYS[own]}
        assert _settings.credentials_of(_settings.source_from_cloud({"cloud": "mine", **added})) == alone, in_file


def test_a_whole_entry_may_have_a_profile_of_ours(clouds: t.Callable[..., None]) -> None:
    clouds({"auth": BASE}, public={"auth": {"auth_url": IAM, "project_id": "of-the-profile"}})
    for own in (USER, {"os_username": "u", "os-password": "the-password", "os_user_domain_name": "d"}):
        found = _settings.source_from_cloud({"profile": "ours", "auth": own})
        assert (found["project_id"], found["auth_url"], found["username"]) == ("of-the-profile", IAM, "u")
    found = _settings.source_from_cloud({"profile": "ours", "auth": {**USER, "project_name": "mine"}})
    assert (found.get("project_id"), found["project_name"]) == (None, "mine")


def test_names_that_begin_as_a_variable_does_are_those_of_the_file(clouds: t.Callable[..., None]) -> None:
    clouds({"auth": BASE})
    found = _settings.source_from_cloud({"cloud": "mine", "os_region_name": "eu-de", "auth": {"os_token": "the-token"}})
    assert (found["token"], found["region_name"]) == ("the-token", "eu-de")


def test_what_a_task_adds_to_an_entry_is_where_it_works(clouds: t.Callable[..., None]) -> None:
    clouds({"auth": {**USER, "auth_url": IAM, "project_id": "theirs"}})
    found = _settings.source_from_cloud({"cloud": "mine", "auth": {"project_name": "ours"}})
    assert (found.get("project_id"), found["project_name"]) == (None, "ours")
    found = _settings.source_from_cloud({"cloud": "mine", "auth": {"tenant_id": "ours"}})
    assert found["project_id"] == "ours"


WITH_USERS = [
    {"name": name, "values": {"auth": {**USER, "username": f"of-{name}", "password": f"of-{name}-1", "project_id": f"in-{name}"}}}
    for name in ("eu-nl", "eu-de")
]
TO_ADD_TO: t.Dict[str, Fields] = {
    "plain": {"auth": BASE, "region_name": "eu-de"},
    "with regions by name": {"auth": BASE, "regions": ["eu-nl", "eu-de"]},
    "with regions of projects": {"auth": {**USER, "auth_url": IAM}, "regions": [NL, DE]},
    "with regions of users": {"auth": {"auth_url": IAM}, "regions": WITH_USERS},
}
ADDED: t.Dict[str, Fields] = {
    "a region": {"region_name": "eu-de"},
    "a project": {"auth": {"project_id": "ours"}},
    "a user": {"auth": {"username": "we", "password": "our-password", "user_domain_name": "D"}},
    "a user and a project": {
        "auth": {"username": "we", "password": "our-password", "user_domain_name": "D", "project_id": "ours"}
    },
    "a user, a project and a region": {
        "region_name": "eu-de",
        "auth": {"username": "we", "password": "our-password", "user_domain_name": "D", "project_id": "ours"},
    },
    "a URL": {"auth": {"auth_url": "https://iam.eu-nl.otc.t-systems.com/v3"}},
}


@pytest.mark.parametrize("usual", [None, "eu-nl", "elsewhere"])
@pytest.mark.parametrize("own", ADDED)
@pytest.mark.parametrize("entry", TO_ADD_TO)
def test_what_a_task_adds_to_an_entry_means_what_openstacksdk_takes_it_for(
    clouds: t.Callable[..., None], entry: str, own: str, usual: t.Optional[str]
) -> None:
    clouds(TO_ADD_TO[entry])
    if "region_name" not in ADDED[own] and usual == "eu-nl" and "regions" in TO_ADD_TO[entry]:
        expected = by_openstacksdk("eu-nl", **ADDED[own])
    else:
        beside = {name: value for name, value in ADDED[own].items() if name != "region_name"}
        expected = by_openstacksdk(ADDED[own].get("region_name"), **beside)
    ours = _settings.source_from_cloud({"cloud": "mine", **ADDED[own]}, None, usual)
    assert {name: str(ours[name]) for name in FACTS if ours.get(name)} == expected


@pytest.mark.parametrize("own", [{"region_name": "eu-ch"}, {"region-name": "eu-ch"}])
def test_a_region_that_a_task_adds_and_the_entry_does_not_have_is_refused(clouds: t.Callable[..., None], own: Fields) -> None:
    clouds({"auth": BASE, "regions": [NL, DE]})
    with pytest.raises(_settings.SettingsError, match="Region eu-ch is not a valid region name for it"):
        _settings.source_from_cloud({"cloud": "mine", **own})


def test_the_region_of_the_task_is_stronger_than_that_of_its_dictionary(clouds: t.Callable[..., None]) -> None:
    clouds({"auth": {**USER, "auth_url": IAM}, "regions": [NL, DE]})
    for named_one, own, project in ((None, "eu-de", "in-de"), ("eu-nl", "eu-de", "in-nl"), (None, " ", "in-nl")):
        assert _settings.source_from_cloud({"cloud": "mine", "region_name": own}, named_one)["project_id"] == project
    whole = {"auth": {**USER, "auth_url": IAM}, "regions": ["eu-nl", "eu-de"], "region_name": "eu-de"}
    assert _settings.source_from_cloud(whole)["region_name"] == "eu-de"


@pytest.mark.parametrize("long_names", [(False, False), (True, False), (False, True), (True, True)])
def test_the_key_of_a_region_beats_that_of_the_entry_by_whichever_name(
    clouds: t.Callable[..., None], long_names: t.Tuple[bool, bool]
) -> None:
    theirs, ours = (("access_key", "secret_key") if long_name else ("ak", "sk") for long_name in long_names)
    regions = [{"name": "prod"}, {"name": "test", "values": dict(zip(ours, ("AK-of-test", "SK{{of}}test")))}]
    clouds({"auth": {"auth_url": IAM, "project_name": "p"}, **dict(zip(theirs, ("AK", "SK"))), "regions": regions})
    prod, test = (_settings.source_from_cloud("mine", region) for region in ("prod", "test"))
    assert (prod["access_key"], prod["secret_key"]) == ("AK", "SK")
    assert (test["access_key"], test["secret_key"]) == ("AK-of-test", "SK{{of}}test")


def test_a_file_of_profiles_that_cannot_be_read_is_named_where_it_matters(
    clouds: t.Callable[..., None], tmp_path: pathlib.Path
) -> None:
    clouds({"profile": "ours", "auth": BASE})
    for content, said in (("public-clouds: {ours: {a: 'x", "is not YAML"), ("$ANSIBLE_VAULT;1.1;AES256\n61", "is encrypted")):
        (tmp_path / "clouds-public.yaml").write_text(content)
        with pytest.raises(_settings.SettingsError, match=f"clouds-public.yaml' {said}"):
            _settings.source_from_cloud("mine")
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mine": {"auth": BASE}}}))
    assert _settings.source_from_cloud("mine")["username"] == "u"


def test_json_may_have_tabs_and_is_named_where_it_is_none(
    clouds: t.Callable[..., None], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds({})
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.json"))
    (tmp_path / "clouds.json").write_text(json.dumps({"clouds": {"mine": {"auth": BASE}}}, indent="\t"))
    assert _settings.source_from_cloud("mine")["username"] == "u"
    (tmp_path / "clouds.json").write_text('{"clouds":\n{"mine": the-password')
    with pytest.raises(_settings.SettingsError, match=r"clouds.json' is not JSON \(line 2\).$"):
        _settings.source_from_cloud("mine")


@pytest.mark.parametrize(
    ("region", "usual", "project"), [("eu-de", "eu-nl", "in-de"), (None, "eu-de", "in-de"), (None, "x", "in-nl")]
)
def test_a_region_of_the_environment_gives_way(
    clouds: t.Callable[..., None], region: t.Optional[str], usual: str, project: str
) -> None:
    clouds({"auth": {**USER, "auth_url": IAM}, "regions": [NL, DE]})
    assert _settings.source_from_cloud("mine", region, usual)["project_id"] == project


def test_a_region_that_the_entry_does_not_have_is_refused(clouds: t.Callable[..., None]) -> None:
    for entry in ({"auth": BASE, "region_name": "eu-de"}, {"auth": BASE, "regions": [NL, DE]}):
        clouds(entry)
        with pytest.raises(_settings.SettingsError, match="Region eu-ch is not a valid region name for it"):
            _settings.source_from_cloud("mine", "eu-ch")


# What cannot be used, and what is said then.
REFUSED: t.List[t.Tuple[Fields, str]] = [
    ({"auth": {**BASE, "auth_url": "https://{nothing}/v3"}}, "in braces"),
    ({"auth": BASE, "modelarts_endpoint_override": "https://h/v1/{project}"}, "in braces"),
    ({"auth": BASE, "modelarts_endpoint_override": "https://h/v1/{"}, "in braces"),
    ({"auth": [1]}, "cannot"),
    ({"auth": BASE, "regions": [{"values": {"auth": {"token": "the-password"}}}]}, "openstacksdk refuses what is in it"),
    ({"auth": BASE, "profile": "https://example.com/"}, "is a URL, which is not fetched"),
    ({"auth_type": "v3applicationcredential", "auth": {"auth_url": IAM}}, "auth_type 'v3applicationcredential'"),
    (
        {"auth": {"username": "u", "password": "the-password"}, "profile": "nowhere"},
        "its profile is none that openstacksdk knows",
    ),
    ({"auth": BASE, "auth_type": "The-password"}, "has another auth_type"),
    ({"auth": "the-password", "region_name": "{x}"}, "its auth is no mapping"),
    ({"auth": ["the-password"]}, "its auth is no mapping"),
    ({"auth": {**BASE, "password": {"x": "the-password"}}}, "its password must be text"),
    ({"auth": BASE, "cacert": ["/x"]}, "its ca_cert must be text"),
    ({"auth": {**BASE, "password": b"the-password"}}, "its password must be text"),
    ({"auth": {**BASE, "password": {"the-password"}}}, "its password must be text"),
    ({"auth": BASE, "profile": "http:\n//127.0.0.1:9"}, "is a URL, which is not fetched"),
    ({"auth": BASE, "profile": "ht\ttp://127.0.0.1:9"}, "is a URL, which is not fetched"),
    ({"auth": {**BASE, "application_credential_id": "a", "application_credential_secret": "the-password"}}, "application_cred"),
]


@pytest.mark.parametrize(("entry", "said"), REFUSED, ids=[said for dummy, said in REFUSED])
def test_what_cannot_be_used_is_a_sentence(clouds: t.Callable[..., None], entry: Fields, said: str) -> None:
    clouds(entry)
    for cloud in ("mine", entry):
        with pytest.raises(_settings.SettingsError) as caught:
            _settings.source_from_cloud(cloud)
        message = str(caught.value)
        assert said in message and "\n" not in message and "Error" not in message and "the-password" not in message


def test_files_that_cannot_be_read_are_named(
    clouds: t.Callable[..., None], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds({"auth": BASE})
    for name in ("clouds.yaml", "secure.yaml"):
        for text, said in (
            ("$ANSIBLE_VAULT;1.1;AES256\n6162", "encrypted by ansible-vault"),
            ("clouds: {mine: [the-password", "is not YAML (line "),
            ("just text", "no mapping of clouds"),
            ("clouds: [mine]", "no mapping of clouds"),
        ):
            before = (tmp_path / name).read_text()
            (tmp_path / name).write_text(text)
            with pytest.raises(_settings.SettingsError, match=f"{name}'") as caught:
                _settings.source_from_cloud("mine")
            assert said in str(caught.value) and "the-password" not in str(caught.value)
            (tmp_path / name).write_text(before)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "nowhere.yaml"))
    with pytest.raises(_settings.SettingsError, match=r"OS_CLIENT_CONFIG_FILE names a file that is not there: .*nowhere.yaml"):
        _settings.source_from_cloud("mine")


@pytest.mark.parametrize("variable", ["OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(
    clouds: t.Callable[..., None], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    clouds({"auth": BASE})
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv(variable, str(tmp_path / "pipe"))
    with pytest.raises(_settings.SettingsError, match="pipe' is no file"):
        _settings.source_from_cloud("mine")


def test_a_line_end_behind_the_name_of_a_file_is_cut_off(
    clouds: t.Callable[..., None], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds({"auth": {**BASE, "password": None}}, {"auth": {"password": "the-password"}})
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", f"{tmp_path / 'clouds.yaml'}\r")
    monkeypatch.setenv("OS_CLIENT_SECURE_FILE", f"{tmp_path / 'secure.yaml'}\r\n")
    assert _settings.source_from_cloud("mine")["password"] == "the-password"


def test_an_entry_may_have_brackets_in_its_name(
    clouds: t.Callable[..., None], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clouds({"auth": BASE})
    text = (tmp_path / "clouds.yaml").read_text()
    (tmp_path / "clouds.yaml").write_text(text.replace("mine", "otc(prod)"))
    _module.check_cloud("otc(prod)")
    assert _settings.source_from_cloud("otc(prod)")["username"] == "u"


def test_insecure_wins_as_it_does_in_openstacksdk(clouds: t.Callable[..., None], tmp_path: pathlib.Path) -> None:
    for entry, verified in (
        ({"insecure": True}, False),
        ({"insecure": "true", "verify": True}, False),
        ({"insecure": False}, True),
    ):
        clouds({"auth": BASE, "region_name": "eu-de", **entry})
        assert _settings.resolve({"cloud": "mine"}, {}).verify is verified
        files = [str(tmp_path / "clouds.yaml")]
        theirs = loader.OpenStackConfig(files, load_envvars=False).get_one("mine").get_requests_verify_args()[0]
        assert bool(theirs) is verified


def test_a_null_entry_is_told_from_one_that_is_not_there(clouds: t.Callable[..., None], tmp_path: pathlib.Path) -> None:
    clouds({"auth": BASE})
    (tmp_path / "secure.yaml").write_text("clouds: {mine: null}")
    with pytest.raises(_settings.SettingsError, match=r"it is null, there or in secure\.yaml"):
        _settings.source_from_cloud("mine")
    with pytest.raises(_settings.SettingsError, match="it is not there"):
        _settings.source_from_cloud("other")
