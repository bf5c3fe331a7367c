# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret in any output: secrets of many shapes, through every option that takes one, and every way to end."""

from __future__ import annotations

import itertools
import json
import os
import typing as t
from urllib.parse import quote

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import parameters

from ansible_collections.otc.modelarts.plugins.module_utils import _http, _module

Fields = t.Dict[str, t.Any]

URL = "https://iam.example.com/v3"
ENDPOINT = "https://modelarts.example.com"
# Shapes of secrets; none has a run of eight characters in common with what else is shown.
SHAPES = {
    "plain": "Kx7-vQ2pLmZ9",
    "long": "".join(f"Zq{number:04d}" for number in range(300)),
    "with blanks": "Jw4 Rt8 Yb1 Nd6",
    "with quotes": "Hg5\"Ue3'Fo9\\Pi2",
    "in another script": "Sä9ßöVü3ñXé7",
    "like a number": "8274619350",
    "with a line end": "Bc6-Lk3Mj8Wn5\r\n",
    "within another": "Kx7-vQ2pLmZ9-Tr4Gh1",
}
LONGER = SHAPES["within another"].strip()


def auth_of(kind: str, secret: str) -> t.Any:
    """Return an auth with a secret of some kind."""
    user = {"auth_url": URL, "username": "u", "user_domain_name": "d", "project_id": "p"}
    key = {"access_key": "AK", "project_id": "p"}
    ways: Fields = {
        "password": {**user, "password": secret},
        "token": {"token": secret, "project_id": "p"},
        "secret_key": {**key, "secret_key": secret},
        "sk": {"ak": "AK", "sk": secret, "project_id": "p"},
        "security_token": {**key, "secret_key": LONGER, "security_token": secret},
        "a mistyped key": {**key, "secret_key": LONGER, "pasword": secret},
        "an old key": {**user, "password": LONGER, "application_credential_secret": secret},
        "a mapping in it": {"password": {"value": secret}},
        "a list in it": {"token": [secret]},
        "auth is a text": secret,
        "auth is a list": [secret],
        "auth is text that reads as one": json.dumps({**user, "password": secret}),
        "blanks around it": {**key, "secret_key": f" {secret} "},
        "in a list": {**user, "username": ["u", secret], "password": LONGER},
        "in a URL": {**user, "auth_url": f"https://u:{secret}@iam.example.com/v3", "password": LONGER},
    }
    return ways[kind]


KINDS = (
    *("password", "token", "secret_key", "sk", "security_token", "a mistyped key", "an old key", "a mapping in it"),
    *("a list in it", "auth is a text", "auth is a list", "auth is text that reads as one", "in a URL"),
    *("blanks around it", "in a list"),
)
# Ways in which a server says it again: ``{}`` is the secret as it is, ``{json}`` as JSON has it.
ECHOES = (
    *("status", "error_msg", "error_code", "request_id", "html", "far behind", "split over spaces", "job", "field"),
    *("escaped", "quoted", "a 2xx that says nothing"),
)


def every_character_escaped(text: str) -> str:
    """Return a text as JSON may have it, too."""
    return "".join(f"\\u{ord(one):04X}" for one in text)


class Echo:
    """A cloud that repeats the secret in what it answers."""

    def __init__(self, secret: str, how: str) -> None:
        self.secret, self.how = secret.strip("\r\n"), how

    def __call__(self, *dummy: t.Any) -> Echo:
        return self

    def exchange(self, request: _http.Request) -> _http.Answer:
        said = self.secret
        if "/auth/tokens" in request.url:
            body: t.Any = {"token": {"project": {"id": "p"}, "catalog": []}}
            if self.how == "status":
                return self.answer(401, {"error": {"code": 401, "message": f"Not with {said}."}})
            return self.answer(201, body, {"X-Subject-Token": "fetched-token"})
        bodies: t.Dict[str, t.Tuple[int, t.Any]] = {
            "status": (403, {"error_code": "ModelArts.0108", "error_msg": said}),
            "error_msg": (400, {"error_code": "ModelArts.0999", "error_msg": f"Bad: {said}{said}!"}),
            "error_code": (400, {"error_code": said, "error_msg": "No."}),
            "request_id": (500, {"error_code": "ModelArts.0999", "error_msg": "No.", "request_id": said}),
            "html": (502, f"<html>{said}</html>"),
            "far behind": (400, {"error_code": "ModelArts.0999", "error_msg": "x" * 395 + said}),
            "split over spaces": (400, {"error_code": "ModelArts.0999", "error_msg": f"  a   {said}  b"}),
            "field": (200, {"job_id": "10", "job_name": "n", said: 1, "status": 8, "is_success": True}),
            "escaped": (400, f'{{"error_code": "ModelArts.0999", "error_msg": "{every_character_escaped(said)}"}}'),
            "quoted": (400, {"error_code": "ModelArts.0999", "error_msg": f"Bad: {quote(said)}"}),
            "a 2xx that says nothing": (200, {"request_id": said, "odd": said}),
            "job": (200, {"job_id": "10", "job_name": "n", "job_desc": f"with {said}", "status": 8, "is_success": True}),
        }
        return self.answer(*bodies[self.how])

    def answer(self, status: int, body: t.Any, headers: t.Optional[t.Dict[str, str]] = None) -> _http.Answer:
        content = body if isinstance(body, str) else json.dumps(body)
        return _http.Answer(status, headers or {}, content.encode())


def end(options: Fields, cloud: Echo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Run the module as Ansible does; return all that it shows, the invocation and the log with it."""
    logged: t.List[str] = []
    given = {"state": "absent", "wait": False, "job_id": "10", "endpoint": ENDPOINT, "api_retries": 0, **options}
    given.update(_ansible_verbosity=4, _ansible_debug=True)
    if "inject_invocation" in parameters.PASS_VARS:  # newer cores show the invocation only where they are told to
        given["_ansible_inject_invocation"] = True
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr(basic.AnsibleModule, "log", lambda self, msg, log_args=None: logged.append(f"{msg} {log_args}"))
    monkeypatch.setattr(_module, "Transport", cloud)
    with pytest.raises(SystemExit):
        _module.main(_module.JOB)
    out, err = capsys.readouterr()
    assert '"invocation"' in out and json.loads(out.strip().splitlines()[-1])
    return out + err + "".join(logged)


def pieces(secret: str, text: str) -> t.List[str]:
    """Return the runs of eight characters of a secret that stand in a text, also as JSON has it."""
    forms = {secret.strip("\r\n"), json.dumps(secret.strip("\r\n"))[1:-1]}
    runs = {form[begin : begin + 8] for form in forms for begin in range(len(form) - 7)}
    return sorted(run for run in runs if run in text)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_shown_whatever_is_done_with_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    for (shape, secret), how in itertools.product(SHAPES.items(), ECHOES):
        shown = end({"auth": auth_of(kind, secret)}, Echo(secret, how), monkeypatch, capsys)
        assert not pieces(secret, shown) and not pieces(LONGER, shown), (kind, shape, how, pieces(secret, shown)[:1], shown[:300])


PLACES = (
    *("cloud", "cloud.auth", "cloud, a mistyped key", "unknown option", "endpoint", "a query"),
    *("proxy", "environment"),
)


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_shown_wherever_it_comes_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    user = {"auth_url": URL, "username": "u", "user_domain_name": "d", "project_id": "p"}
    for (shape, secret), how in itertools.product(SHAPES.items(), ECHOES):
        key = {"auth": {"access_key": "AK", "secret_key": LONGER, "project_id": "p"}}
        ways: Fields = {
            "cloud": {"cloud": {**user, "password": secret}},
            "cloud.auth": {"cloud": {"auth": {**user, "password": secret}}},
            "cloud, a mistyped key": {"cloud": {"auth": {**user, "password": LONGER}, "pasword": secret}},
            "unknown option": {**key, "pasword": secret},
            "endpoint": {**key, "endpoint": f"https://u:{secret}@modelarts.example.com"},
            "a query": {**key, "endpoint": f"https://h ost/?password={secret}"},
            "proxy": key,
            "environment": {"auth": {"project_id": "p"}},
        }
        if place == "environment":
            monkeypatch.setenv("OS_TOKEN", secret)
        if place == "proxy":
            monkeypatch.setenv("HTTPS_PROXY", f"http://user:{quote(secret.strip())}@127.0.0.1:9")
        shown = end(ways[place], Echo(secret, how), monkeypatch, capsys)
        assert not pieces(secret, shown) and not pieces(LONGER, shown), (
            place,
            shape,
            how,
            pieces(secret, shown)[:1],
            shown[:300],
        )


def test_what_is_no_secret_stays_what_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Echo("1763892000000", "job")
    shown = end({"auth": auth_of("token", "job_name")}, cloud, monkeypatch, capsys)
    result = json.loads(shown.strip().splitlines()[0])
    assert result["job"]["job_id"] == "10" and result["job"]["job_name"] == "n" and result["job"]["status"] == 8


def test_a_job_that_is_masked_is_warned_of() -> None:
    def told(secret: str) -> Fields:
        job = {"job_id": "10", "job_name": "n", "job_desc": f"with {secret}", "status": 8}
        return _module.without_secrets({"changed": False, "job": job, "msg": f"Not {secret}."}, [secret])

    long, short = told("12345678"), told("1234567")
    assert (long["job"]["job_desc"], long["msg"], len(long["warnings"])) == ("with ********", "Not ********.", 1)
    assert (short["job"]["job_desc"], short["msg"]) == ("with 1234567", "Not ********.") and "warnings" not in short


def test_secrets_arrive_as_they_were_given(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    sent: t.List[t.Any] = []

    class Cloud(Echo):
        def exchange(self, request: _http.Request) -> _http.Answer:
            sent.append(request.body)
            return super().exchange(request)

    for secret in SHAPES.values():
        end({"auth": auth_of("password", secret)}, Cloud(secret, "job"), monkeypatch, capsys)
        assert sent[0]["auth"]["identity"]["password"]["user"]["password"] == secret.strip("\r\n")
        sent.clear()


@pytest.mark.parametrize("value", ["a b", "a\nb", "tö", "a\0b"], ids=repr)
@pytest.mark.parametrize("option", ["token", "access_key", "security_token"])
def test_what_no_header_can_carry_is_refused_by_its_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    auth = {"token": value} if option == "token" else {"access_key": "AK", "secret_key": "the-secret", option: value}
    shown = end({"auth": {**auth, "project_id": "p"}}, Echo("", "job"), monkeypatch, capsys)
    message = json.loads(shown.strip().splitlines()[0])["msg"]
    assert message.startswith(f"auth.{option} (OS_") and "no header can carry" in message


@pytest.mark.parametrize(
    ("auth", "said"),
    [
        ({"password": None}, "auth.password: given, but without a value"),
        ({"token": "", "username": " "}, "auth.token, auth.username: given, but without a value"),
        ({"ak": None, "sk": ""}, "auth.ak, auth.sk: given, but without a value"),
        ("token", "auth must be a dictionary"),
        (["token"], "auth must be a dictionary"),
        ({"token": {"a": 1}}, "auth.token must be text"),
    ],
)
def test_an_auth_that_says_nothing_is_no_other_account(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], auth: t.Any, said: str
) -> None:
    monkeypatch.setenv("OS_TOKEN", "of another account")
    shown = end({"auth": auth}, Echo("", "job"), monkeypatch, capsys)
    assert said in json.loads(shown.strip().splitlines()[0])["msg"]


BLANK = "given, but without a value"
TWICE = "is given by two names, with different values"
NO_CLOUD = "cloud must be the name of an entry of clouds.yaml, or a whole entry."
NO_CLOUDS: t.Tuple[t.Any, ...] = ("", " ", {}, [], False, 0, "password=Kx7-vQ2pLmZ9")
OTHER_ACCOUNTS: t.List[t.Tuple[Fields, str]] = [
    ({"auth": {"access_key": "A", "ak": "B", "secret_key": "the-secret", "project_id": "p"}}, f"auth.access_key {TWICE}"),
    ({"auth": {"token": "the-token", "project_id": "p", "tenant_id": "q"}}, f"auth.project_id {TWICE}"),
    ({"visualization_id": "11"}, f"job_id {TWICE}"),
    *(({"cloud": cloud}, NO_CLOUD) for cloud in NO_CLOUDS),
    ({"region_name": {"password": "Kx7-vQ2pLmZ9"}}, "region_name must not be a dictionary"),
    ({"auth": {"password:Kx7-vQ2pLmZ9": None, "username": "u"}}, "auth has a key that is no name of anything"),
    ({"auth": "Kx7-vQ2pLmZ9=="}, "auth has a key that is no name of anything"),
]


@pytest.mark.parametrize(("options", "said"), OTHER_ACCOUNTS, ids=[str(number) for number in range(len(OTHER_ACCOUNTS))])
def test_what_is_half_said_falls_to_no_other_account_and_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: Fields, said: str
) -> None:
    monkeypatch.setenv("OS_TOKEN", "of-another-account")
    monkeypatch.setenv("OS_PROJECT_ID", "other")
    shown = end(options, Echo("", "job"), monkeypatch, capsys)
    assert said in json.loads(shown.strip().splitlines()[0])["msg"] and not pieces(SHAPES["plain"], shown)


def test_an_empty_alias_does_not_hide_what_is_given(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen: t.List[str] = []

    class Cloud(Echo):
        def exchange(self, request: _http.Request) -> _http.Answer:
            seen.append(request.url)
            return super().exchange(request)

    monkeypatch.setenv("OS_TOKEN", "of-another-account")
    auth = {"access_key": "AK", "secret_key": "the-secret", "ak": None, "sk": "", "project_id": "mine", "tenant_id": ""}
    end({"auth": auth}, Cloud("", "job"), monkeypatch, capsys)
    assert seen and all("/v1/mine/" in url for url in seen)


@pytest.mark.parametrize(
    "url", [" https://u:{}@h", "u:{}@h", "//u:{}@h", "https:/u:{}@h", "git+https://u:{}@h", "https://u:{}%40h"]
)
def test_a_password_in_what_is_meant_for_a_url_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    secret = SHAPES["plain"]
    key = {"access_key": "AK", "secret_key": "the-secret", "project_id": "p"}
    for options in ({"auth": key, "endpoint": url.format(secret)}, {"auth": {**key, "auth_url": url.format(secret)}}):
        assert not pieces(secret, end(options, Echo(secret, "error_msg"), monkeypatch, capsys))


def test_ids_that_a_play_acts_on_stay_readable() -> None:
    result = _module.without_secrets({"jobs": [{"job_id": "1001", "msg": "Not 1001."}]}, ["1001"])
    assert result["jobs"][0] == {"job_id": "1001", "msg": "Not ********."}
