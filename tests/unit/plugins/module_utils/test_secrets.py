# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret in any output: secrets of many shapes, through every option that takes one, and every way to end."""

from __future__ import annotations

import base64
import html
import itertools
import json
import os
import re
import time
import typing as t
from urllib.parse import quote, quote_plus

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import parameters

from ansible_collections.otc.modelarts.plugins.module_utils import _http, _module, _settings

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


def runs(secret: str) -> t.Set[str]:
    """Return the runs of eight characters of a secret, also as JSON has it."""
    forms = {secret.strip("\r\n"), json.dumps(secret.strip("\r\n"))[1:-1]}
    return {form[begin : begin + 8] for form in forms for begin in range(len(form) - 7)}


def pieces(secret: str, text: str) -> t.List[str]:
    """Return the runs of eight characters of a secret that stand in a text, also as JSON has it."""
    return sorted(run for run in runs(secret) if run in text)


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


def in_lower_case(text: str) -> str:
    """Return a text with every character percent-encoded, in lower case."""
    return "".join(f"%{one:02x}" for one in text.encode())


def in_base64(text: str) -> str:
    """Return a text in base64."""
    return base64.b64encode(text.encode()).decode()


# Ways in which a server may write again what it was sent.
WRITTEN: t.Dict[str, t.Callable[[str], str]] = {
    "JSON in a text": lambda text: json.dumps({"p": text}),
    "JSON in a text, nothing escaped that need not be": lambda text: json.dumps({"p": text}, ensure_ascii=False),
    "JSON with slashes escaped": lambda text: json.dumps(text).replace("/", "\\/"),
    "JSON with every character escaped": lambda text: re.sub("(....)", r"\\u\1", text.encode("utf-16-be").hex()),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "JSON in JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text))),
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded in lower case": in_lower_case,
    "percent-encoded, but for the slashes": quote,
    "percent-encoded in part": lambda text: text[:4] + in_lower_case(text[4:7]) + text[7:],
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "a form": quote_plus,
    "a form, encoded again": lambda text: quote(quote_plus(text), safe=""),
    "HTML": html.escape,
    "HTML by numbers": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "HTML by hexadecimal numbers": lambda text: "".join(f"&#x{ord(one):x};" for one in text),
    "HTML of a URL": lambda text: html.escape(quote(text, safe="")),
    "base64": in_base64,
    "base64 without padding": lambda text: in_base64(text).rstrip("="),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 with a user": lambda text: in_base64(f"u:{text}"),
    "base64 with a longer user": lambda text: in_base64(f"ops-robot:{text}"),
    "base64 of JSON": lambda text: in_base64(json.dumps({"a": 1, "p": text}, ensure_ascii=False)),
    "base64 in lines": lambda text: "\n".join(in_base64(text)[begin : begin + 10] for begin in range(0, len(text) * 2, 10)),
    "a line break in it": lambda text: text[:6] + "\n" + text[6:],
    "a line break in it, and an indent": lambda text: text[:6] + "\r\n    " + text[6:],
    "an escaped line break in it": lambda text: text[:6] + "\\n" + text[6:],
    "a control character in it": lambda text: text[:6] + "\x01" + text[6:],
    "as Python has it": repr,
    "in UTF-8, read as Latin-1": lambda text: text.encode().decode("latin-1"),
    "in UTF-8, read as Windows reads it": lambda text: text.encode().decode("cp1252", "replace"),
    "in Latin-1, read as UTF-8": lambda text: text.encode("latin-1").decode("utf-8", "replace"),
    "percent-encoded from Latin-1": lambda text: quote(text.encode("latin-1"), safe=""),
    "percent-encoded from Latin-1, in HTML": lambda text: html.escape(quote(text.encode("latin-1"), safe="")),
    "base64 from Latin-1, with a user": lambda text: base64.b64encode(f"u:{text}".encode("latin-1")).decode(),
}


def leaked(way: str, secret: str, shown: str) -> t.List[str]:
    """Return the pieces of a secret, as it is and as it is written, in a text; what stands around every secret is none."""
    around = WRITTEN[way]("x" * len(secret))
    return [*pieces(secret, shown), *(one for one in pieces(WRITTEN[way](secret), shown) if one not in runs(around))]


HARD_SECRETS = {
    **{shape: secret.strip() for shape, secret in SHAPES.items()},
    "with all that is special": "Kx7-/v+Q2&p<L>m %Z9=\\'\"Tr",
    "with a slash": "Gh5/Wn8/Ld2/Vb6",
    "with pluses": "Gh5+Wn8+Ld2+Vb6",
    "that looks percent-encoded": "Gh5%41Wn8%2FLd2",
    "that looks like HTML": "Gh5&amp;Wn8&lt;Ld2",
    "that looks like JSON": "Gh5\\u0041Wn8\\nLd2",
    "with an emoji": "p\U0001f600ssw0rd-Gh5",
}


@pytest.mark.parametrize("way", WRITTEN)
def test_a_secret_is_masked_in_whichever_way_it_is_written(way: str) -> None:
    for shape, secret in HARD_SECRETS.items():
        if ord(max(secret)) > 255 and "Latin-1" in way and "UTF-8, read" not in way:
            continue  # no Latin-1 has it
        said = WRITTEN[way](secret)
        for text in (said, f"Not with {said}.", f"<{said}> & 5%"):
            shown = _http.masker([secret])(text)
            assert _http.MASK in shown and not leaked(way, secret, shown), (shape, shown[:300])


@pytest.mark.parametrize("how", ["error_msg", "error_code", "request_id", "job"])
def test_no_secret_is_shown_in_whichever_way_a_server_writes_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    secret = HARD_SECRETS["with all that is special"]
    for way, written in WRITTEN.items():
        cloud = Echo("", how)
        cloud.secret = written(secret)
        shown = end({"auth": auth_of("secret_key", secret)}, cloud, monkeypatch, capsys)
        assert not leaked(way, secret, shown), (way, shown[:300])


def test_what_is_near_a_secret_but_none_stays_readable() -> None:
    mask = _http.masker(["tensorboard-2024", "Gh5/Wn8/Ld2/Vb6", "test"])
    for text in (
        "tensorboard",
        "tensorboard-202",
        "tensorboard of 2024: 100% of a+b &c \\d",
        "/obs/tensorbo/2024",
        "Gh5%2FWn8",
        "t e s t",
        "dGVuc29y",
        in_base64("tensorboard"),
    ):
        assert mask(text) == text
    assert mask("of tensorboard-2024: not found") == "of ********: not found"
    assert mask("of Gh5%2FWn8%2FLd2%2FVb6: not found") == "of ********: not found"


@pytest.mark.parametrize("name", ["password", "secret_key", "token"])
def test_what_iam_says_is_masked_before_it_is_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    class Iam(Echo):
        """An IAM that says yes, and repeats the secret where an id and a URL should be."""

        def exchange(self, request: _http.Request) -> _http.Answer:
            before = self.how.format("")
            project = {"id": f"{before}{self.secret}" if "url" not in before else "p", "name": "n"}
            endpoint = {"url": f"ftp://{before}{self.secret}/v1/p"}
            catalog = [{"type": "modelarts", "endpoints": [endpoint]}]
            body = {"token": {"project": project, "catalog": catalog}, "projects": [project]}
            return self.answer(201, body, {"X-Subject-Token": self.secret if name == "password" else "fetched-token"})

    for (shape, secret), before in itertools.product(SHAPES.items(), ("", "x" * 110, "a@", "a?b ", "url", "url" + "x" * 110)):
        auth = {name: secret, "auth_url": URL, "project_name": "n"}
        auth.update({"username": "u", "user_domain_name": "d"} if name == "password" else {})
        auth.update({"access_key": "AK"} if name == "secret_key" else {})
        options = {"auth": auth, "endpoint": None if "url" in before else ENDPOINT}
        shown = end(options, Iam(secret, before), monkeypatch, capsys)
        assert not pieces(secret, shown), (shape, before, shown[:300])
        assert "bug" not in shown.strip().splitlines()[0]


def test_an_entry_of_a_list_that_may_be_secret_is_still_what_was_given() -> None:
    for given in ("1004,https://h/jobs?x=1", ["1004", "https://h/jobs?x=1", None]):
        arguments = _module.Arguments({"job_ids": given, "auth": {"password": "1004"}}, _module.JOB_SPEC["argument_spec"])
        shown = arguments.shown["job_ids"]
        assert len(shown) == 2 and all(one.startswith("hidden-") for one in shown)
        assert arguments.real({"job_ids": shown})["job_ids"] == ["1004", "https://h/jobs?x=1"]


@pytest.mark.parametrize("text", ["\\" * 200_000, "&#" + "9" * 5000 + ";", "&#x" + "f" * 500_000, "&#" + "0" * 500_000 + "65;"])
def test_no_text_of_a_server_stops_the_mask_or_keeps_it_for_long(text: str) -> None:
    mask = _http.masker(["the-secret-of-the-task"])
    begin = time.process_time()
    assert mask(text) == text
    assert mask(f"{text} x the%2Dsecret-of-the-task") == "********"
    assert time.process_time() - begin < 5
    spelled = "".join(f"&#0000000000{ord(one)};" for one in "the-secret-of-the-task")
    assert mask(f"x {spelled}") == "********"


@pytest.mark.parametrize("text", [":" * 60_000, "://" * 20_000, ":" * 60_000 + "@", "x" * 60_000 + "?", "@" * 60_000])
def test_no_text_of_a_user_keeps_us_for_long(text: str) -> None:
    begin = time.process_time()
    assert _settings.may_tell(text) is (text.startswith(":") and text.endswith("@"))
    _settings.printable(text), _settings.secrets_given({"description": text}, {})
    assert time.process_time() - begin < 2


@pytest.mark.parametrize("secret", ["Tr0ubador-Xyz?Kl9", "ab@Tr0ubador-XyzKl9", "Tr0ubador#Xyz@Kl9mnopq", "A%40Tr0ubador-Xyz"])
def test_no_piece_of_a_secret_is_left_of_what_is_cut_to_be_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], secret: str
) -> None:
    key = {"access_key": "AK", "secret_key": secret, "project_id": "p"}
    rows: t.List[Fields] = [{"auth": key, "job_id": secret}, {"auth": {**key, "project_id": secret}}]
    rows += [{"auth": key, option: secret} for option in ("endpoint", "interface", "region_name", "ca_cert")]
    rows.append({"auth": {**key, "secret_key": "the-secret", "token": "token-Zk19xPq0-LLmN"}, "interface": "token-Zk19xPq0-LLmN"})
    for options in rows:
        shown = end(options, Echo("", "job"), monkeypatch, capsys)
        known_ones = (secret, secret.lower(), "token-Zk19xPq0-LLmN", "token-zk19xpq0-llmn")
        assert not [piece for one in known_ones for piece in pieces(one, shown)], (options, shown)


def test_what_is_no_secret_stays_what_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    cloud = Echo("1763892000000", "job")
    shown = end({"auth": auth_of("token", "job_name")}, cloud, monkeypatch, capsys)
    result = json.loads(shown.strip().splitlines()[0])
    assert result["job"]["job_id"] == "10" and result["job"]["job_name"] == "n" and result["job"]["status"] == 8


def test_a_job_that_is_masked_is_warned_of() -> None:
    def told(secret: str) -> Fields:
        job = {"job_id": "10", "job_name": "n", "job_desc": f"with {secret}", "status": 8}
        return _module.without_secrets({"changed": False, "job": job, "msg": f"Not {secret}."}, [secret])

    quotas = {"quotas": {"of 12345678": 3}}
    assert _module.without_secrets(quotas, ["12345678"])["quotas"] == {"of ********": 3}
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


def test_a_secret_that_stands_where_nobody_looks_for_it_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = SHAPES["plain"]
    key = {"access_key": "AK", "secret_key": secret, "project_id": "p"}
    rows: t.List[Fields] = [
        {"auth": {**key, "username": secret}},
        {"auth": {**key, "project_id": f"{secret}!"}},
        {"auth": key, "region_name": secret},
        {"auth": key, "workspace_id": f"x-{secret}"},
        {"auth": {**key, "auth_url": f"{secret}@h"}},
        {"auth": key, "endpoint": f"{secret}@h"},
        {"cloud": {"auth": {"username": "u", "key": secret}}},
        {"auth": key, "job_id": None, "job_ids": ["10", secret]},
        {"auth": key, "job_id": None, "job_ids": f"10,x {secret}"},
        {"auth": key, "train_url": f"https://{secret}@bucket/x", "state": "present"},
        {"auth": key, "train_url": f"https://bucket/x?Signature={secret}", "state": "present"},
        {"auth": key, "job_id": None, "name": f"https://{secret}@bucket/x"},
        {"auth": key, "job_id": f"https://bucket/x?Signature={secret}"},
        {"auth": key, "client_key": f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----"},
    ]
    for options in rows:
        shown = end(options, Echo(secret, "job"), monkeypatch, capsys)
        assert not pieces(secret, shown), (options, shown[:300])
    monkeypatch.setenv("HTTPS_PROXY", f"http://{secret}%40127.0.0.1:9")
    with pytest.raises(_http.Unsendable, match="The URL of the proxy has no host, or a user or password in it"):
        _http.checked_proxy(f"http://{secret}%40127.0.0.1:9")


def test_secrets_of_an_entry_that_cannot_be_used_are_not_shown() -> None:
    entry = {"username": "u", "password": "hunter2-Secret", "auth_url": "https:/hunter2-Secret"}
    with pytest.raises(_settings.SettingsError) as caught:
        _settings.resolve({"cloud": "mine"}, {}, lambda *dummy: {**entry, "user_domain_name": "d", "project_id": "p"})
    assert "hunter2-Secret" in caught.value.secrets and "hunter2-Secret" in str(caught.value)
    assert "hunter2-Secret" not in _module.without_secrets({"msg": str(caught.value)}, caught.value.secrets)["msg"]


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
    ({"validate_certs": {"password": "Kx7-vQ2pLmZ9"}}, "validate_certs must not be a dictionary"),
    ({"job_id": {"password": "Kx7-vQ2pLmZ9"}}, "job_id must not be a dictionary"),
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
