# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user gives: every way to say it, what is stronger than what, what is missing, and which host comes of it."""

from __future__ import annotations

import os
import pathlib
import sys
import typing as t

import pytest

from ansible_collections.otc.modelarts.plugins.module_utils import _settings

Fields = t.Dict[str, t.Any]

ENDPOINT = "https://modelarts.example.com"
IAM = "https://iam.example.com/v3"
PASSWORD: Fields = {"auth_url": IAM, "username": "user", "password": "the-password", "user_domain_name": "domain"}
KEY: Fields = {"access_key": "AK", "secret_key": "the-secret-key"}
A_TOKEN = _settings.Token("the-token")
A_KEY = _settings.AccessKey("AK", "the-secret-key")
A_TEMPORARY_KEY = _settings.AccessKey("AK", "the-secret-key", "the-security-token")
A_PASSWORD = _settings.Password({"name": "user", "password": "the-password", "domain": {"name": "domain"}})
A_USER_ID = _settings.Password({"id": "user-id", "password": "the-password"})
THE_SECRETS = ("the-token", "the-secret-key", "the-security-token", "the-password")


def no_cloud(name: str, *dummy: t.Any) -> _settings.Source:
    """Stand where clouds.yaml is read, in tests that must not read it."""
    pytest.fail(f"clouds.yaml is read for {name}")


def clouds(**entries: Fields) -> t.Callable[..., _settings.Source]:
    """Return what reads clouds.yaml if these are its entries."""
    return lambda name, *dummy: _settings.known(entries[name])


def resolved(
    options: t.Optional[Fields] = None, environ: t.Optional[t.Dict[str, str]] = None, **cloud: Fields
) -> _settings.Settings:
    """Resolve options and environment; without entries of clouds.yaml it is an error to read it."""
    return _settings.resolve(options or {}, environ or {}, clouds(**cloud) if cloud else no_cloud)


def refusal(options: t.Optional[Fields] = None, environ: t.Optional[t.Dict[str, str]] = None, **cloud: Fields) -> str:
    """Return what is said where options and environment cannot be resolved; it must be one line."""
    with pytest.raises(_settings.SettingsError) as caught:
        resolved(options, environ, **cloud)
    message = str(caught.value)
    assert "\n" not in message
    return message


def settings(**fields: t.Any) -> _settings.Settings:
    """Return settings with a token for a project at an endpoint, but for the fields given."""
    usual: Fields = {"credentials": A_TOKEN, "auth_url": IAM, "project_id": "p", "project_name": None, "project_domain": None}
    return _settings.Settings(**{**usual, "region_name": None, "endpoint": ENDPOINT, **fields})


# --- every way to authenticate -----------------------------------------------------------------------------------

# What says it in options and in a cloud entry, the same by variables, and what comes of it.
WAYS: t.List[t.Tuple[str, Fields, t.Dict[str, str], _settings.Credentials]] = [
    ("token", {"token": "the-token"}, {"OS_TOKEN": "the-token"}, A_TOKEN),
    ("token by its other variable", {"token": "the-token"}, {"OS_AUTH_TOKEN": "the-token"}, A_TOKEN),
    ("AK/SK", KEY, {"OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "the-secret-key"}, A_KEY),
    (
        "temporary AK/SK",
        {**KEY, "security_token": "the-security-token"},
        {"OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "the-secret-key", "OS_SECURITY_TOKEN": "the-security-token"},
        A_TEMPORARY_KEY,
    ),
    (
        "password",
        PASSWORD,
        {"OS_AUTH_URL": IAM, "OS_USERNAME": "user", "OS_PASSWORD": "the-password", "OS_USER_DOMAIN_NAME": "domain"},
        A_PASSWORD,
    ),
    (
        "password with the other variable for the domain",
        PASSWORD,
        {"OS_AUTH_URL": IAM, "OS_USERNAME": "user", "OS_PASSWORD": "the-password", "OS_DOMAIN_NAME": "domain"},
        A_PASSWORD,
    ),
    (
        "password of a user in a domain by its id",
        {"auth_url": IAM, "username": "user", "password": "the-password", "user_domain_id": "d-id"},
        {"OS_AUTH_URL": IAM, "OS_USERNAME": "user", "OS_PASSWORD": "the-password", "OS_USER_DOMAIN_ID": "d-id"},
        _settings.Password({"name": "user", "password": "the-password", "domain": {"id": "d-id"}}),
    ),
    (
        "password of a user by its id, which needs no domain",
        {"auth_url": IAM, "user_id": "user-id", "password": "the-password"},
        {"OS_AUTH_URL": IAM, "OS_USER_ID": "user-id", "OS_PASSWORD": "the-password"},
        A_USER_ID,
    ),
    (
        "token before AK/SK before password",
        {**PASSWORD, **KEY, "token": "the-token"},
        {"OS_TOKEN": "the-token", "OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "the-secret-key", "OS_PASSWORD": "x"},
        A_TOKEN,
    ),
    (
        "AK/SK before password",
        {**PASSWORD, **KEY},
        {"OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "the-secret-key", "OS_USERNAME": "user", "OS_PASSWORD": "x"},
        A_KEY,
    ),
]
EACH_WAY = pytest.mark.parametrize(("given", "variables", "expected"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
# What stands beside it: another user of the same kinds, which must not be mixed in.
OTHER_ENVIRONMENT = {
    "OS_TOKEN": "other",
    "OS_ACCESS_KEY": "other",
    "OS_SECRET_KEY": "other",
    "OS_SECURITY_TOKEN": "other",
    "OS_USERNAME": "other",
    "OS_USER_ID": "other",
    "OS_PASSWORD": "other",
    "OS_USER_DOMAIN_NAME": "other",
    "OS_AUTH_URL": "https://iam.other.example.com",
}


@EACH_WAY
@pytest.mark.parametrize("surroundings", [{}, {**OTHER_ENVIRONMENT, "OS_CLOUD": "other"}], ids=["alone", "beside others"])
def test_options_say_who_we_are(
    given: Fields, variables: t.Dict[str, str], expected: _settings.Credentials, surroundings: t.Dict[str, str]
) -> None:
    options = {"auth": {**given, "project_id": "p"}, "endpoint": ENDPOINT}
    found = resolved(options, surroundings)
    assert found.credentials == expected
    assert (found.project_id, found.endpoint) == ("p", ENDPOINT)


@EACH_WAY
@pytest.mark.parametrize("by_variable", [True, False], ids=["OS_CLOUD", "option cloud"])
def test_an_entry_of_clouds_yaml_says_who_we_are(
    given: Fields, variables: t.Dict[str, str], expected: _settings.Credentials, by_variable: bool
) -> None:
    environ = {**OTHER_ENVIRONMENT, **({"OS_CLOUD": "mine"} if by_variable else {"OS_CLOUD": "other"})}
    mine = {**given, "project_id": "p", "endpoint": ENDPOINT}
    found = resolved({} if by_variable else {"cloud": "mine"}, environ, mine=mine)
    assert found.credentials == expected
    assert (found.project_id, found.endpoint) == ("p", ENDPOINT)


@EACH_WAY
def test_the_environment_says_who_we_are(given: Fields, variables: t.Dict[str, str], expected: _settings.Credentials) -> None:
    environ = {**variables, "OS_PROJECT_ID": "p", "OS_MODELARTS_ENDPOINT_OVERRIDE": ENDPOINT}
    found = resolved({}, environ)
    assert found.credentials == expected
    assert (found.project_id, found.endpoint) == ("p", ENDPOINT)


def test_options_are_stronger_than_the_cloud_that_they_name_and_that_than_the_environment() -> None:
    environ = {**OTHER_ENVIRONMENT, "OS_PROJECT_ID": "p-environment", "OS_REGION_NAME": "environment"}
    environ["OS_AUTH_URL"] = "https://iam.eu-de.otc.t-systems.com/v3"
    mine = {**KEY, "project_id": "p-cloud", "region_name": "cloud"}
    options = {"cloud": "mine", "auth": {"token": "the-token"}}
    assert resolved(options, environ, mine=mine).credentials == A_TOKEN
    assert resolved(options, environ, mine=mine).project_id == "p-cloud"
    assert resolved({"cloud": "mine"}, environ, mine=mine).credentials == A_KEY
    assert resolved({"cloud": "mine", "region_name": "option"}, environ, mine=mine).region_name == "option"
    assert resolved({"cloud": "mine"}, environ, mine=mine).region_name == "cloud"
    assert resolved({"cloud": "mine"}, environ, mine={**KEY, "project_id": "p"}).region_name == "environment"


def test_a_weaker_kind_in_a_stronger_place_wins() -> None:
    options = {"auth": {**PASSWORD, "project_id": "p"}, "endpoint": ENDPOINT}
    assert resolved(options, {"OS_TOKEN": "other"}).credentials == A_PASSWORD


def test_os_cloud_is_not_even_read_where_the_options_have_credentials() -> None:
    options = {"auth": {**KEY, "project_id": "p"}, "endpoint": ENDPOINT}
    assert resolved(options, {"OS_CLOUD": "mine"}).credentials == A_KEY


def test_os_cloud_is_read_where_the_options_have_none() -> None:
    found = resolved({"auth": {"project_id": "p"}, "endpoint": ENDPOINT}, {"OS_CLOUD": "mine"}, mine={**KEY, "project_id": "q"})
    assert (found.credentials, found.project_id) == (A_KEY, "p")


def test_what_is_empty_counts_as_not_given() -> None:
    options = {"cloud": "", "auth": {"token": "", "access_key": None, "project_id": ""}, "endpoint": "", "region_name": None}
    environ = {"OS_CLOUD": "", "OS_TOKEN": "", "OS_AUTH_TOKEN": "the-token", "OS_PROJECT_ID": "", "OS_TENANT_ID": "p"}
    found = resolved(options, {**environ, "OS_REGION_NAME": "", "OS_REGION": "eu-de"})
    assert (found.credentials, found.project_id, found.region_name, found.endpoint) == (A_TOKEN, "p", "eu-de", None)


@pytest.mark.parametrize("auth", [None, {}], ids=["none", "empty"])
def test_auth_may_be_left_out(auth: t.Optional[Fields]) -> None:
    assert resolved({"auth": auth}, {"OS_TOKEN": "the-token", "OS_AUTH_URL": IAM}).credentials == A_TOKEN


@pytest.mark.parametrize(
    ("variables", "fact", "value"),
    [
        ({"OS_PROJECT_ID": "x", "OS_TENANT_ID": "y"}, "project_id", "x"),
        ({"OS_TENANT_ID": "y"}, "project_id", "y"),
        ({"OS_PROJECT_NAME": "x", "OS_TENANT_NAME": "y"}, "project_name", "x"),
        ({"OS_TENANT_NAME": "y"}, "project_name", "y"),
        ({"OS_REGION_NAME": "x", "OS_REGION": "y"}, "region_name", "x"),
        ({"OS_REGION": "y"}, "region_name", "y"),
        ({"OS_TOKEN": "x", "OS_AUTH_TOKEN": "y"}, "token", "x"),
        ({"OS_USER_DOMAIN_NAME": "x", "OS_DOMAIN_NAME": "y"}, "user_domain_name", "x"),
        ({"OS_USER_DOMAIN_ID": "x", "OS_DOMAIN_ID": "y"}, "user_domain_id", "x"),
        ({"OS_DOMAIN_ID": "y"}, "user_domain_id", "y"),
        ({"OS_PROJECT_DOMAIN_NAME": "x"}, "project_domain_name", "x"),
        ({"OS_PROJECT_DOMAIN_ID": "x"}, "project_domain_id", "x"),
        ({"OS_CACERT": "/x"}, "ca_cert", "/x"),
    ],
    ids=str,
)
def test_each_fact_comes_from_its_variables_in_their_order(variables: t.Dict[str, str], fact: str, value: str) -> None:
    assert _settings.source_from_environment(variables) == {fact: value}


# --- what is missing ---------------------------------------------------------------------------------------------

HALF = "Half a set of credentials: {} is missing."
NO_PROJECT = (
    "No project: set auth.project_id (OS_PROJECT_ID or OS_TENANT_ID) or auth.project_name (OS_PROJECT_NAME or OS_TENANT_NAME)."
)
DOMAIN = "auth.user_domain_name (OS_USER_DOMAIN_NAME or OS_DOMAIN_NAME)"


MINE = "The entry 'mine' of clouds.yaml, from cloud (OS_CLOUD),"
HALF_SETS = [
    ({"access_key": "AK"}, {"OS_ACCESS_KEY": "AK"}, "auth.secret_key (OS_SECRET_KEY)"),
    ({"secret_key": "s"}, {"OS_SECRET_KEY": "s"}, "auth.access_key (OS_ACCESS_KEY)"),
    (
        {"security_token": "s"},
        {"OS_SECURITY_TOKEN": "s"},
        "auth.access_key (OS_ACCESS_KEY) and auth.secret_key (OS_SECRET_KEY)",
    ),
    (
        {"access_key": "AK", "security_token": "s"},
        {"OS_ACCESS_KEY": "AK", "OS_SECURITY_TOKEN": "s"},
        "auth.secret_key (OS_SECRET_KEY)",
    ),
    ({"username": "u"}, {"OS_USERNAME": "u"}, "auth.password (OS_PASSWORD)"),
    ({"user_id": "u"}, {"OS_USER_ID": "u"}, "auth.password (OS_PASSWORD)"),
    ({"password": "s"}, {"OS_PASSWORD": "s"}, "auth.username (OS_USERNAME)"),
    ({"username": "u", "password": "s"}, {"OS_USERNAME": "u", "OS_PASSWORD": "s"}, DOMAIN),
    (
        {"username": "u", "password": "s", "user_domain_name": "d"},
        {"OS_USERNAME": "u", "OS_PASSWORD": "s", "OS_USER_DOMAIN_NAME": "d"},
        "auth.auth_url (OS_AUTH_URL)",
    ),
    ({"user_id": "u", "password": "s"}, {"OS_USER_ID": "u", "OS_PASSWORD": "s"}, "auth.auth_url (OS_AUTH_URL)"),
]


@pytest.mark.parametrize(("given", "variables", "missing"), HALF_SETS, ids=["+".join(row[0]) for row in HALF_SETS])
def test_half_a_set_names_the_option_and_the_variable_that_is_missing(
    given: Fields, variables: t.Dict[str, str], missing: str
) -> None:
    expected = HALF.format(missing)
    assert refusal({"auth": {**given, "project_id": "p"}, "endpoint": ENDPOINT}) == expected
    said = refusal({"cloud": "mine"}, mine={**given, "project_id": "p", "endpoint": ENDPOINT})
    assert said == (expected if "auth_url" in missing else f"{MINE} cannot be used: {expected}")  # a URL may come from elsewhere
    environ = {**variables, "OS_PROJECT_ID": "p", "OS_MODELARTS_ENDPOINT_OVERRIDE": ENDPOINT}
    assert refusal({}, environ) == expected


def test_half_a_set_in_the_options_is_not_completed_by_the_environment() -> None:
    options = {"auth": {"access_key": "AK", "project_id": "p"}, "endpoint": ENDPOINT}
    assert refusal(options, {"OS_SECRET_KEY": "s"}) == HALF.format("auth.secret_key (OS_SECRET_KEY)")
    assert refusal(options, {"OS_TOKEN": "s", "OS_CLOUD": "mine"}) == HALF.format("auth.secret_key (OS_SECRET_KEY)")


def test_half_a_set_in_a_weaker_place_does_not_matter() -> None:
    options = {"auth": {"token": "the-token", "project_id": "p"}, "endpoint": ENDPOINT}
    assert resolved(options, {"OS_ACCESS_KEY": "AK"}).credentials == A_TOKEN


def test_without_any_credentials_every_way_to_give_them_is_named() -> None:
    message = refusal({"auth": {"project_id": "p"}, "endpoint": ENDPOINT})
    assert message == (
        "No credentials: set cloud (OS_CLOUD), auth.token (OS_TOKEN), auth.access_key with auth.secret_key "
        "(OS_ACCESS_KEY, OS_SECRET_KEY), or auth.username with auth.password (OS_USERNAME, OS_PASSWORD)."
    )


def test_a_named_cloud_without_credentials_is_an_error_and_not_replaced_by_the_environment() -> None:
    expected = "The entry 'mine' of clouds.yaml, from cloud (OS_CLOUD), has no credentials."
    assert refusal({"cloud": "mine"}, OTHER_ENVIRONMENT, mine={"project_id": "p"}) == expected
    assert refusal({}, {**OTHER_ENVIRONMENT, "OS_CLOUD": "mine"}, mine={"project_id": "p"}) == expected
    assert refusal({"cloud": "mine"}, OTHER_ENVIRONMENT, mine={}) == expected


@pytest.mark.parametrize(
    ("auth", "others", "message"),
    [
        (KEY, {"endpoint": ENDPOINT}, NO_PROJECT),
        (PASSWORD, {"endpoint": ENDPOINT}, NO_PROJECT),
        (
            {"token": "s"},
            {"endpoint": ENDPOINT},
            "The project is not known: set auth.project_id (OS_PROJECT_ID or OS_TENANT_ID), "
            "or auth.auth_url (OS_AUTH_URL) to look it up.",
        ),
        (
            {**KEY, "project_name": "n"},
            {"endpoint": ENDPOINT},
            "The project is not known: set auth.project_id (OS_PROJECT_ID or OS_TENANT_ID), "
            "or auth.auth_url (OS_AUTH_URL) to look it up.",
        ),
        (
            {"token": "s", "project_id": "p"},
            {},
            "No endpoint: set endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE) or region_name (OS_REGION_NAME or OS_REGION).",
        ),
        (
            {**KEY, "project_id": "p"},
            {},
            "No endpoint: set endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE) or region_name (OS_REGION_NAME or OS_REGION).",
        ),
        (
            {**KEY, "project_id": "p"},
            {"endpoint": ENDPOINT, "client_key": "/k"},
            "client_key: there is no file '/k'.",
        ),
        (
            {**KEY, "project_id": "p"},
            {"endpoint": ENDPOINT, "ca_cert": "/no/such/file"},
            "ca_cert (OS_CACERT): there is no file '/no/such/file'.",
        ),
    ],
    ids=[
        "AK/SK without project",
        "password without project",
        "token without project and IAM",
        "AK/SK with a name and no IAM",
        "token without endpoint",
        "AK/SK without endpoint",
        "no key file",
        "no bundle",
    ],
)
def test_what_else_is_missing_is_named_in_one_line(auth: Fields, others: Fields, message: str) -> None:
    assert refusal({"auth": auth, **others}) == message


# --- the project and the endpoint --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "base", "project"),
    [
        ("https://m.example.com", "https://m.example.com", None),
        ("https://m.example.com/", "https://m.example.com", None),
        ("https://m.example.com/v1", "https://m.example.com", None),
        ("https://m.example.com/v1/", "https://m.example.com", None),
        ("https://m.example.com/v1/p-1_X", "https://m.example.com", "p-1_X"),
        ("https://m.example.com/v1/p//", "https://m.example.com", "p"),
        ("https://m.example.com:8443/gateway/v1/p", "https://m.example.com:8443/gateway", "p"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", None),
        ("http://[::1]:8000/v1/p", "http://[::1]:8000", "p"),
        ("https://v1.example.com", "https://v1.example.com", None),
    ],
)
def test_an_endpoint_is_taken_with_and_without_version_and_project(url: str, base: str, project: t.Optional[str]) -> None:
    assert _settings.split_endpoint(url) == (base, project)
    auth = {**KEY, **({} if project else {"project_id": "other"})}
    for found in (
        resolved({"auth": auth, "endpoint": url}),
        resolved({"cloud": "mine"}, mine={**auth, "endpoint": url}),
        resolved({"auth": auth}, {"OS_MODELARTS_ENDPOINT_OVERRIDE": url}),
    ):
        assert (found.endpoint, found.project_id) == (base, project or "other")


def options_with_url(fact: str, url: str) -> Fields:
    """Return options that are whole, but for the URL of the endpoint or of IAM."""
    if fact == "endpoint":
        return {"auth": {**KEY, "project_id": "p"}, "endpoint": url}
    return {"auth": {**PASSWORD, "project_id": "p", "auth_url": url}}


@pytest.mark.parametrize(
    "url",
    [
        "m.example.com",
        "//m.example.com",
        "ftp://m.example.com",
        "file:///etc/passwd",
        "https://",
        "https:///v1/p",
        "https://m.example.com:0",
        "https://m.example.com:99999",
        "https://m.example.com:port",
        "https://[::1",
        "https://m.example.com/a b",
        "https://m.example.\ncom",
        "https://m.example.com\\@other.example.com",
        "https://m.example.com/\x00",
    ],
    ids=repr,
)
@pytest.mark.parametrize("fact", ["endpoint", "auth_url"])
def test_what_is_no_url_is_refused_by_the_name_of_its_option(url: str, fact: str) -> None:
    message = refusal(options_with_url(fact, url))
    assert message.startswith(f"{_settings.named(fact)} is not a URL such as https://host: ")


@pytest.mark.parametrize(
    "rest",
    [
        "user:the-password@m.example.com",
        "user@m.example.com",
        "m.example.com/?token=the-password",
        "m.example.com/#the-password",
        "m.example.com?",
        "m.example.com#",
    ],
)
@pytest.mark.parametrize("fact", ["endpoint", "auth_url"])
def test_a_url_with_a_password_or_a_query_in_it_is_refused_and_not_shown(rest: str, fact: str) -> None:
    url = f"https://{rest}"
    message = refusal(options_with_url(fact, url))
    assert message == f"{_settings.named(fact)} must be a plain URL: no user, password, query or fragment in it."


def test_a_password_in_what_is_no_url_is_not_shown() -> None:
    message = refusal({"auth": {**KEY, "project_id": "p"}, "endpoint": "ftp://user:the-password@m.example.com"})
    assert "the-password" not in message
    assert "ftp://...@m.example.com" in message


def test_a_project_that_contradicts_the_endpoint_is_an_error_where_both_are_options() -> None:
    options = {"auth": {**KEY, "project_id": "p"}, "endpoint": f"{ENDPOINT}/v1/q"}
    assert refusal(options) == "auth.project_id is 'p', but the endpoint option is for 'q'."
    assert resolved({"auth": {**KEY, "project_id": "q"}, "endpoint": f"{ENDPOINT}/v1/q"}).project_id == "q"


def test_a_name_of_a_project_beside_an_endpoint_of_one_is_an_error_where_both_are_options() -> None:
    for auth in (KEY, PASSWORD):
        options = {"auth": {**auth, "project_name": "mine"}, "endpoint": f"{ENDPOINT}/v1/q"}
        said = "auth.project_name is 'mine', and the endpoint option is for 'q': give one of them."
        assert refusal(options).endswith(said)
    found = resolved({"auth": KEY, "endpoint": f"{ENDPOINT}/v1/q"}, {"OS_PROJECT_NAME": "mine"})
    assert found.project_id == "q"


def test_the_domain_of_a_project_may_be_given_by_the_task_and_its_name_by_the_entry() -> None:
    def entry(*dummy: t.Any) -> Fields:
        return {**PASSWORD, "project_name": "theirs"}

    found = _settings.resolve({"cloud": "x", "auth": {"project_domain_name": "ours"}, "endpoint": ENDPOINT}, {}, entry)
    assert (found.project_name, found.project_domain) == ("theirs", {"name": "ours"})
    found = _settings.resolve({"cloud": "x", "endpoint": ENDPOINT}, {"OS_PROJECT_DOMAIN_NAME": "weaker"}, entry)
    assert found.project_domain == {"name": "domain"}


@pytest.mark.parametrize(
    ("options", "environ", "cloud", "project"),
    [
        ({"endpoint": f"{ENDPOINT}/v1/q", "auth": KEY}, {"OS_PROJECT_ID": "p"}, None, "q"),
        ({"auth": {**KEY, "project_id": "p"}}, {"OS_MODELARTS_ENDPOINT_OVERRIDE": f"{ENDPOINT}/v1/q"}, None, "p"),
        ({"auth": KEY}, {"OS_MODELARTS_ENDPOINT_OVERRIDE": f"{ENDPOINT}/v1/q", "OS_PROJECT_ID": "p"}, None, "p"),
        ({"cloud": "mine", "endpoint": f"{ENDPOINT}/v1/q"}, {}, {**KEY, "project_id": "p"}, "q"),
        ({"cloud": "mine"}, {"OS_PROJECT_ID": "p"}, {**KEY, "endpoint": f"{ENDPOINT}/v1/q"}, "q"),
        ({"cloud": "mine", "endpoint": ENDPOINT}, {"OS_PROJECT_ID": "p"}, {**KEY, "project_id": "q"}, "q"),
    ],
    ids=[
        "endpoint option over variable",
        "project option over endpoint variable",
        "both variables",
        "endpoint option over cloud",
        "endpoint of the cloud over variable",
        "project of the cloud over variable",
    ],
)
def test_the_strongest_place_that_names_a_project_decides(
    options: Fields, environ: t.Dict[str, str], cloud: t.Optional[Fields], project: str
) -> None:
    found = resolved(options, environ, **({"mine": cloud} if cloud else {}))
    assert (found.project_id, found.endpoint) == (project, ENDPOINT)


def test_a_project_by_name_in_a_stronger_place_beats_an_id_in_a_weaker_one() -> None:
    auth = {**PASSWORD, "project_name": "mine", "project_domain_name": "theirs"}
    found = resolved({"auth": auth, "endpoint": ENDPOINT}, {"OS_PROJECT_ID": "p"})
    assert (found.project_id, found.project_name, found.project_domain) == (None, "mine", {"name": "theirs"})


@pytest.mark.parametrize(
    ("domains", "expected"),
    [
        ({}, {"name": "domain"}),
        ({"project_domain_name": "x"}, {"name": "x"}),
        ({"project_domain_id": "i", "project_domain_name": "x"}, {"id": "i"}),
    ],
    ids=["that of the user", "its name", "its id"],
)
def test_a_project_by_name_is_looked_for_in_its_domain(domains: Fields, expected: t.Dict[str, str]) -> None:
    found = resolved({"auth": {**PASSWORD, "project_name": "mine", **domains}, "endpoint": ENDPOINT})
    assert found.project_domain == expected


def test_an_id_of_a_project_in_the_same_place_makes_its_name_superfluous() -> None:
    found = resolved({"auth": {**PASSWORD, "project_name": "mine", "project_id": "p"}, "endpoint": ENDPOINT})
    assert (found.project_id, found.project_name) == ("p", None)


@pytest.mark.parametrize("project_id", ["a/b", "..", "a b", "x" * 65, "ä", "p?", "p\np"], ids=repr)
def test_what_cannot_be_a_project_in_a_path_is_refused(project_id: str) -> None:
    message = refusal({"auth": {**KEY, "project_id": project_id}, "endpoint": ENDPOINT})
    assert message.startswith("auth.project_id (OS_PROJECT_ID or OS_TENANT_ID) is not the id of a project: ")


@pytest.mark.parametrize("project_id", ["p", "x" * 64, "0123456789abcdef0123456789abcdef", "A-b_9"])
def test_what_can_be_a_project_is_taken(project_id: str) -> None:
    assert _settings.checked_project_id(project_id) == project_id


@pytest.mark.parametrize(
    "url",
    ["https://iam.example.com", "https://iam.example.com/", "https://iam.example.com/v3", "https://iam.example.com/v3/"],
)
def test_iam_is_asked_in_v3_however_its_url_is_given(url: str) -> None:
    assert resolved({"auth": {**PASSWORD, "auth_url": url, "project_id": "p"}}).auth_url == IAM
    assert _settings.iam_url("https://iam.example.com/v2.0") == IAM
    assert _settings.iam_url("https://h.example.com:5000/identity") == "https://h.example.com:5000/identity/v3"


def test_iam_is_not_asked_where_nothing_is_left_to_ask() -> None:
    options = {"auth": {**KEY, "auth_url": "no URL", "project_id": "p"}, "endpoint": ENDPOINT}
    assert resolved(options).auth_url is None


# --- hosts: only of providers that are known ---------------------------------------------------------------------

OTC_IAM = "https://iam.eu-de.otc.t-systems.com/v3"
REGION_KEY: Fields = {"access_key": "AK", "secret_key": "the-secret-key", "project_id": "p"}


@pytest.mark.parametrize(
    ("auth_url", "region", "modelarts"),
    [
        (None, "eu-de", "https://modelarts.eu-de.otc.t-systems.com"),
        (OTC_IAM, "eu-de", "https://modelarts.eu-de.otc.t-systems.com"),
        ("https://iam.eu-de.otc.t-systems.com.:443/v3", "eu-de", "https://modelarts.eu-de.otc.t-systems.com"),
        ("https://IAM.EU-DE.OTC.T-SYSTEMS.COM/v3", "eu-de", "https://modelarts.eu-de.otc.t-systems.com"),
        ("https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3", "eu-ch2", "https://modelarts.eu-ch2.sc.otc.t-systems.com"),
        ("https://iam.ap-x-1.myhuaweicloud.com/v3", "ap-x-1", "https://modelarts.ap-x-1.myhuaweicloud.com"),
        ("https://iam.myhuaweicloud.com/v3", "ap-x-1", "https://modelarts.ap-x-1.myhuaweicloud.com"),
        ("https://iam.eu-west-101.myhuaweicloud.eu/v3", "eu-west-101", "https://modelarts.eu-west-101.myhuaweicloud.eu"),
    ],
    ids=["no IAM", "OTC", "OTC with a dot", "OTC in capitals", "OTC in Switzerland", "Huawei", "Huawei global", "Huawei Europe"],
)
def test_the_host_of_modelarts_is_that_of_the_provider_whose_iam_it_is(
    auth_url: t.Optional[str], region: str, modelarts: str
) -> None:
    found = resolved({"auth": {**REGION_KEY, "auth_url": auth_url}, "region_name": region})
    assert _settings.modelarts_base(found) == modelarts


@pytest.mark.parametrize(
    "host",
    [
        "iam.example.com",
        "iam.myhuaweicloud.com.example.com",
        "iamotc.t-systems.com",
        "otc.t-systems.com",
        "iam.eu-de.myhuaweicloud.cn",
        "10.0.0.1",
        "[::1]",
    ],
)
@pytest.mark.parametrize("credentials", [KEY, {"token": "the-token"}], ids=["AK/SK", "token"])
def test_of_any_other_provider_the_endpoint_must_be_given(host: str, credentials: Fields) -> None:
    auth = {**credentials, "project_id": "p", "auth_url": f"https://{host}/v3"}
    if credentials is KEY:
        message = refusal({"auth": auth, "region_name": "eu-de"})
        shown = host.strip("[]")
        assert message.startswith(
            f"No endpoint: set endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE), as '{shown}' belongs to no provider"
        )
    else:  # the catalog of that provider may list it
        assert resolved({"auth": auth, "region_name": "eu-de"}).endpoint is None
    assert resolved({"auth": auth, "endpoint": ENDPOINT}).endpoint == ENDPOINT


@pytest.mark.parametrize(
    ("endpoint", "iam"),
    [
        (None, "https://iam.eu-x.otc.t-systems.com/v3"),
        ("https://modelarts.eu-x.otc.t-systems.com", "https://iam.eu-x.otc.t-systems.com/v3"),
        ("https://modelarts.eu-x.sc.otc.t-systems.com", "https://iam-pub.eu-x.sc.otc.t-systems.com/v3"),
        ("https://modelarts.eu-x.myhuaweicloud.eu", "https://iam.eu-x.myhuaweicloud.eu/v3"),
        ("https://modelarts.eu-x.myhuaweicloud.com", "https://iam.eu-x.myhuaweicloud.com/v3"),
    ],
    ids=["none", "OTC", "OTC in Switzerland", "Huawei Europe", "Huawei"],
)
def test_without_its_url_iam_is_that_of_the_endpoint_or_else_of_otc(endpoint: t.Optional[str], iam: str) -> None:
    found = resolved({"auth": {**KEY, "project_name": "n"}, "endpoint": endpoint, "region_name": "eu-x"})
    assert _settings.iam_base(found) == iam


@pytest.mark.parametrize("auth", [{"token": "the-token"}, {**KEY, "project_name": "n"}], ids=["token", "AK/SK"])
def test_no_provider_s_iam_is_asked_about_the_credentials_of_another(auth: Fields) -> None:
    said = refusal({"auth": auth, "endpoint": ENDPOINT, "region_name": "eu-de"})
    assert said.startswith("IAM is not known: set auth.auth_url (OS_AUTH_URL), as 'modelarts.example.com' belongs to no provider")


@pytest.mark.parametrize("credentials", [KEY, {"token": "the-token"}], ids=["AK/SK", "token"])
def test_of_another_interface_no_public_endpoint_is_made(credentials: Fields) -> None:
    auth = {**credentials, "project_id": "p"}
    said = refusal({"auth": auth, "region_name": "eu-de", "interface": "internal"})
    assert said == "No endpoint: set endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE), as only the public one follows from the region."


@pytest.mark.parametrize("url", ["https://the-secret-user%40h:1/", "https://u%3Ap%40h"])
def test_what_may_be_a_user_in_a_host_is_refused_and_not_shown(url: str) -> None:
    said = refusal({"auth": REGION_KEY, "endpoint": url})
    assert said == "endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE) must be a plain URL: no user, password, query or fragment in it."


def test_a_key_inside_auth_is_no_file() -> None:
    entry = {"auth": {**KEY, "project_id": "p", "key": "a-secret", "verify": False, "cert": "x"}, "region_name": "eu-de"}
    found = _settings.resolve({"cloud": entry}, {})
    assert (found.cert, found.verify) == (None, True)


@pytest.mark.parametrize(
    "region",
    ["evil.example.com/", "evil.example.com#", "a.b", "a b", "x@y", "r" * 64, "r\nr", "-r", "r-", "EU-DE", "é", "eu_de"],
    ids=repr,
)
@pytest.mark.parametrize(
    "options",
    [
        {"auth": REGION_KEY},
        {"auth": {"token": "the-token", "project_id": "p"}},
        {"auth": {"token": "the-token"}, "endpoint": "https://modelarts.eu-x.otc.t-systems.com"},
        {"auth": {**KEY, "project_name": "n"}, "endpoint": "https://modelarts.eu-x.otc.t-systems.com"},
    ],
    ids=["AK/SK to ModelArts", "token to ModelArts", "token to IAM", "AK/SK to IAM"],
)
def test_what_cannot_be_a_region_becomes_part_of_no_host(region: str, options: Fields) -> None:
    message = refusal({**options, "region_name": region})
    assert message.startswith("region_name (OS_REGION_NAME or OS_REGION) is not the name of a region: ")


# --- certificates ------------------------------------------------------------------------------------------------


def options_with(**others: t.Any) -> Fields:
    return {"auth": {**KEY, "project_id": "p"}, "endpoint": ENDPOINT, **others}


def test_certificates_are_verified_unless_told_otherwise(tmp_path: pathlib.Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("")
    assert resolved(options_with()).verify is True
    assert resolved(options_with(validate_certs=None)).verify is True
    assert resolved(options_with(validate_certs=True)).verify is True
    assert resolved(options_with(validate_certs=False)).verify is False
    assert resolved(options_with(ca_cert=str(bundle))).verify == str(bundle)
    assert resolved(options_with(), {"OS_CACERT": str(bundle)}).verify == str(bundle)
    assert resolved(options_with(validate_certs=False, ca_cert=str(bundle))).verify is False
    assert resolved(options_with(validate_certs=False), {"OS_CACERT": str(bundle)}).verify is False


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({**KEY, "auth_url": "iam"}, "auth.auth_url (OS_AUTH_URL) is not a URL"),
        ({**KEY, "endpoint": "h"}, "endpoint (OS_MODELARTS_ENDPOINT_OVERRIDE) is not a URL"),
        ({**KEY, "endpoint": ENDPOINT, "ca_cert": "/none"}, "ca_cert (OS_CACERT): there is no file '/none'"),
        ({**KEY, "region_name": "E U"}, "region_name (OS_REGION_NAME or OS_REGION) is not the name of a region"),
        ({"token": "a b"}, "auth.token (OS_TOKEN or OS_AUTH_TOKEN) has a character in it"),
        ({"token": True}, "auth.token (OS_TOKEN or OS_AUTH_TOKEN) is true"),
    ],
    ids=["IAM", "endpoint", "file", "region", "token", "no text"],
)
def test_what_is_wrong_in_an_entry_is_said_of_the_entry(entry: Fields, said: str) -> None:
    assert refusal({"cloud": "mine"}, mine={"project_id": "p", **entry}).startswith(f"{MINE} cannot be used: {said}")
    auth = {key: value for key, value in entry.items() if key not in ("endpoint", "ca_cert", "region_name")}
    beside = {key: value for key, value in entry.items() if key not in auth}
    own = refusal({"auth": {"project_id": "p", **auth}, **beside, "cloud": "mine"}, mine={"token": "other"})
    assert own.startswith(said)


def test_a_bundle_in_a_stronger_place_is_used_though_a_weaker_one_says_not_to_verify(tmp_path: pathlib.Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("")
    mine = {**KEY, "project_id": "p", "endpoint": ENDPOINT, "validate_certs": False}
    assert resolved({"cloud": "mine", "ca_cert": str(bundle)}, mine=mine).verify == str(bundle)
    assert resolved({"cloud": "mine"}, {"OS_CACERT": str(bundle)}, mine=mine).verify is False
    assert resolved({"cloud": "mine"}, mine={**mine, "ca_cert": str(bundle)}).verify is False


@pytest.mark.parametrize("fact", ["ca_cert", "client_cert"])
def test_a_pipe_is_no_file_to_wait_for(tmp_path: pathlib.Path, fact: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "there is no file" in refusal(options_with(**{fact: str(tmp_path / "pipe")}))


def test_an_option_to_verify_is_stronger_than_a_cloud_that_does_not() -> None:
    mine = {**KEY, "project_id": "p", "endpoint": ENDPOINT, "validate_certs": False}
    assert resolved({"cloud": "mine"}, mine=mine).verify is False
    assert resolved({"cloud": "mine", "validate_certs": True}, mine=mine).verify is True


def test_a_client_certificate_is_taken_with_and_without_a_key_of_its_own(tmp_path: pathlib.Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_text("")
    key.write_text("")
    assert resolved(options_with()).cert is None
    assert resolved(options_with(client_cert=str(cert))).cert == str(cert)
    assert resolved(options_with(client_cert=str(cert), client_key=str(key))).cert == (str(cert), str(key))
    assert refusal(options_with(client_key=str(key))) == "client_key is set without client_cert."
    mine = {**KEY, "project_id": "p", "endpoint": "https://m.example.com", "client_cert": str(key), "client_key": str(key)}
    assert resolved({"cloud": "mine"}, mine=mine).cert == (str(key), str(key))
    assert resolved({"cloud": "mine", "client_cert": str(cert)}, mine=mine).cert == str(cert)  # with its own key in it
    assert resolved({"cloud": "mine", "client_key": str(cert)}, mine=mine).cert == (str(key), str(cert))


@pytest.mark.parametrize("text", ["no", "false", "False", "0", "/no/such/bundle.pem"])
def test_what_an_entry_says_of_verifying_in_text_does_not_switch_it_off(text: str, tmp_path: pathlib.Path) -> None:
    mine = {**KEY, "project_id": "p", "endpoint": "https://m.example.com", "validate_certs": text}
    with pytest.raises(_settings.SettingsError, match="must be true or false, without quotes, not"):
        resolved({"cloud": "mine"}, mine=mine)
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("")
    assert resolved({"cloud": "mine"}, mine={**mine, "ca_cert": str(bundle)}).verify == str(bundle)
    assert resolved({"cloud": "mine"}, mine={**mine, "validate_certs": str(bundle)}).verify == str(bundle)
    assert resolved({"cloud": "mine"}, mine={**mine, "validate_certs": False}).verify is False


def test_a_key_in_place_of_its_file_is_not_shown() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJd6a6A4\n-----END PRIVATE KEY-----"
    message = refusal(options_with(client_key=key))
    assert message == f"client_key: there is no file a text of {len(key)} characters."


def test_a_path_may_begin_at_home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bundle.pem").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolved(options_with(ca_cert="~/bundle.pem")).verify == str(tmp_path / "bundle.pem")


# --- clouds.yaml, through the real openstacksdk ------------------------------------------------------------------

CLOUDS_YAML = """
clouds:
  password:
    auth:
      auth_url: https://iam.example.com/v3
      username: user
      password: the-password
      user_domain_name: domain
      project_name: eu-de_x
    region_name: eu-de
  old-names:
    auth: {auth_url: "https://iam.example.com/v2.0", username: user, password: the-password, domain_name: domain, tenant_id: p}
  ak-sk:
    auth: {ak: AK, sk: the-secret-key, project_id: p}
    modelarts_endpoint_override: https://modelarts.example.com/v1/p
  temporary:
    auth_type: aksk
    auth: {access_key: AK, secret_key: the-secret-key, security_token: the-security-token, project_id: p}
    region_name: eu-de
    verify: false
  token:
    auth_type: token
    auth: {auth_url: "https://iam.example.com", token: the-token}
    region_name: eu-de
  certificates:
    auth: {token: the-token, project_id: p}
    region_name: eu-de
    cacert: CACERT
    cert: CERT
    key: KEY
  elsewhere:
    auth: {auth_url: "https://iam.example.com", username: user, user_domain_name: domain, project_id: p}
  single-sign-on:
    auth_type: v3oidcpassword
    auth: {auth_url: "https://iam.example.com", username: user, password: the-password}
  bare:
    region_name: eu-de
"""


@pytest.fixture
def clouds_yaml(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Write a clouds.yaml, make openstacksdk read it, and nothing else of this machine."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    text = CLOUDS_YAML
    for file in ("CACERT", "CERT", "KEY"):
        (tmp_path / file).write_text("")
        text = text.replace(f": {file}\n", f": {tmp_path / file}\n")
    (tmp_path / "my-clouds.yaml").write_text(text)
    (tmp_path / "secure.yaml").write_text("clouds: {elsewhere: {auth: {password: the-password}}}\n")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "my-clouds.yaml"))
    monkeypatch.setenv("OS_CLIENT_SECURE_FILE", str(tmp_path / "secure.yaml"))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "password",
            settings(
                credentials=A_PASSWORD,
                project_id=None,
                project_name="eu-de_x",
                project_domain={"name": "domain"},
                region_name="eu-de",
                endpoint=None,
            ),
        ),
        ("old-names", settings(credentials=A_PASSWORD, endpoint=None)),
        ("ak-sk", settings(credentials=A_KEY, auth_url=None)),
        (
            "temporary",
            settings(credentials=A_TEMPORARY_KEY, auth_url=None, region_name="eu-de", endpoint=None, verify=False),
        ),
        ("token", settings(project_id=None, region_name="eu-de", endpoint=None)),
        ("elsewhere", settings(credentials=A_PASSWORD, endpoint=None)),
    ],
    ids=["password", "old names", "AK/SK", "temporary AK/SK", "token", "password in secure.yaml"],
)
@pytest.mark.usefixtures("clouds_yaml")
def test_an_entry_of_clouds_yaml_is_read_by_openstacksdk(name: str, expected: _settings.Settings) -> None:
    assert _settings.resolve({"cloud": name}, {}) == expected
    assert _settings.resolve({}, {"OS_CLOUD": name}) == expected


def test_certificates_of_an_entry_of_clouds_yaml_are_used(clouds_yaml: pathlib.Path) -> None:
    found = _settings.resolve({"cloud": "certificates"}, {})
    assert found.verify == str(clouds_yaml / "CACERT")
    assert found.cert == (str(clouds_yaml / "CERT"), str(clouds_yaml / "KEY"))


@pytest.mark.usefixtures("clouds_yaml")
def test_the_environment_does_not_leak_into_an_entry_of_clouds_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = _settings.source_from_cloud("ak-sk")
    for name, value in {**OTHER_ENVIRONMENT, "OS_CLOUD": "token", "OS_PROJECT_ID": "other", "OS_AUTH_TYPE": "none"}.items():
        monkeypatch.setenv(name, value)
    assert _settings.source_from_cloud("ak-sk") == alone
    assert alone["secret_key"] == "the-secret-key"


@pytest.mark.parametrize(
    "text", ["clouds: {odd: }", "clouds: {odd: 7}", "clouds: 7", "clouds: {odd: {auth: 7}}", "clouds: [odd]", "{"], ids=repr
)
def test_an_odd_clouds_yaml_is_one_clear_error(clouds_yaml: pathlib.Path, text: str) -> None:
    (clouds_yaml / "my-clouds.yaml").write_text(text)
    with pytest.raises(_settings.SettingsError, match=r"clouds\.yaml"):
        _settings.resolve({"cloud": "odd"}, {})


def test_what_stands_before_an_at_sign_is_never_shown() -> None:
    message = refusal({"auth": {**KEY, "project_id": "p"}, "endpoint": "ftp://user:pa/ss@host"})
    assert "host" in message and "pa" not in message.replace("plain", "")


@pytest.mark.usefixtures("clouds_yaml")
def test_an_unknown_cloud_is_named() -> None:
    with pytest.raises(_settings.SettingsError) as caught:
        _settings.resolve({"cloud": "nowhere"}, {})
    message = str(caught.value)
    assert message.startswith("The entry 'nowhere' of clouds.yaml, from cloud (OS_CLOUD), in /") and "is not there" in message
    assert message.count("my-clouds.yaml") == 1


@pytest.mark.usefixtures("clouds_yaml")
def test_a_way_to_authenticate_that_iam_does_not_know_is_refused_without_a_secret() -> None:
    with pytest.raises(_settings.SettingsError) as caught:
        _settings.resolve({"cloud": "single-sign-on"}, {})
    assert str(caught.value) == (
        "The entry 'single-sign-on' of clouds.yaml, from cloud (OS_CLOUD), has auth_type 'v3oidcpassword'; "
        "use password, token or AK/SK."
    )


@pytest.mark.usefixtures("clouds_yaml")
def test_an_entry_of_clouds_yaml_without_credentials_is_an_error() -> None:
    with pytest.raises(_settings.SettingsError, match=r"^The entry 'bare' of clouds\.yaml, .* has no credentials\.$"):
        _settings.resolve({"cloud": "bare"}, {})


def test_a_clouds_yaml_that_is_no_mapping_is_an_error(clouds_yaml: pathlib.Path) -> None:
    (clouds_yaml / "my-clouds.yaml").write_text("just text\n")
    with pytest.raises(_settings.SettingsError, match="no mapping of clouds"):
        _settings.resolve({"cloud": "password"}, {})


def test_openstacksdk_is_needed_only_where_a_cloud_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openstack", None)
    assert _settings.resolve(options_with(), {}).credentials == A_KEY
    with pytest.raises(_settings.SettingsError) as caught:
        _settings.resolve({"cloud": "mine"}, {})
    assert str(caught.value).startswith("cloud (OS_CLOUD) is set, but openstacksdk cannot be imported: ")


# --- secrets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shown",
    [
        A_TOKEN,
        A_KEY,
        A_TEMPORARY_KEY,
        A_PASSWORD,
        A_USER_ID,
        settings(),
        settings(credentials=A_TEMPORARY_KEY),
        settings(credentials=A_PASSWORD),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_no_secret_is_in_what_is_printed_of_it(shown: object) -> None:
    for way in (repr(shown), str(shown), f"{shown!a}"):
        assert type(shown).__name__ in way
        assert not [secret for secret in THE_SECRETS if secret in way]


@pytest.mark.parametrize(
    ("credentials", "secrets"),
    [
        (A_TOKEN, ("the-token",)),
        (A_KEY, ("the-secret-key",)),
        (A_TEMPORARY_KEY, ("the-secret-key", "the-security-token")),
        (A_PASSWORD, ("the-password",)),
        (_settings.Password({"id": "u", "password": 1234}), ("1234",)),
    ],
    ids=["token", "AK/SK", "temporary AK/SK", "password", "a password that is a number"],
)
def test_what_must_never_be_shown_is_known(credentials: _settings.Credentials, secrets: t.Tuple[str, ...]) -> None:
    assert _settings.secrets_of(credentials) == secrets


@pytest.mark.parametrize(("given", "variables", "missing"), HALF_SETS, ids=["+".join(row[0]) for row in HALF_SETS])
def test_no_secret_is_in_the_message_about_half_a_set(given: Fields, variables: t.Dict[str, str], missing: str) -> None:
    secret = {key: "the-password" if value == "s" else value for key, value in given.items()}
    assert "the-password" not in refusal({"auth": {**secret, "project_id": "p"}, "endpoint": ENDPOINT})


@pytest.mark.parametrize(
    ("given", "domain"),
    [
        ({"default_domain_name": "d"}, {"name": "d"}),
        ({"default_domain_id": "0d"}, {"id": "0d"}),
        ({"default_domain_id": "0d", "user_domain_name": "u", "project_domain_name": "u"}, {"name": "u"}),
    ],
    ids=str,
)
def test_a_default_domain_stands_in_for_that_of_the_user_and_of_the_project(
    given: t.Dict[str, str], domain: t.Dict[str, str]
) -> None:
    auth = {"auth_url": "https://i.example.com", "username": "u", "password": "the-password", "project_name": "n", **given}
    found = resolved({"auth": auth, "endpoint": ENDPOINT})
    assert isinstance(found.credentials, _settings.Password)
    assert found.credentials.user["domain"] == domain and found.project_domain == domain


@pytest.mark.parametrize(
    "url", ["https://iam.example.com", "https://iam.example.com/v3/auth/tokens", "https://iam.example.com/v2.0/"]
)
def test_iam_is_found_whatever_of_its_url_is_given(url: str) -> None:
    assert _settings.iam_url(url) == "https://iam.example.com/v3"


def test_what_is_too_long_to_be_shown_is_not_cut() -> None:
    assert _settings.printable("x" * 200) == repr("x" * 200) and _settings.printable("x" * 201) == "a text of 201 characters"


@pytest.mark.parametrize(
    ("first", "second", "fact"),
    [
        ("OS_TOKEN", "OS_AUTH_TOKEN", "token"),
        ("OS_PROJECT_ID", "OS_TENANT_ID", "project_id"),
        ("OS_REGION_NAME", "OS_REGION", "region_name"),
    ],
)
def test_a_variable_that_is_only_a_line_end_does_not_hide_the_next(first: str, second: str, fact: str) -> None:
    assert _settings.source_from_environment({first: "\r", second: "wanted\r"})[fact] == "wanted"
