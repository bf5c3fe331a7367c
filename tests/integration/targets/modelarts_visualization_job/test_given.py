# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users give: blank answers, whole cloud entries, files of other tools, line ends, proxies; and what is said of it."""

from __future__ import annotations

import contextlib
import json
import pathlib
import select
import socket
import socketserver
import threading
import typing as t

import trustme
import yaml
from conftest import INFO, Cloud, Clouds, Play, Result, Table
from cryptography.hazmat.primitives import serialization

SECRET = "Kx7-vQ2pLmZ9-Tr4Gh1"


def look(job_id: str = "10", **options: t.Any) -> Result:
    """Return a task that looks at one job."""
    return {"module": INFO, "job_id": job_id, **options}


def ids(result: Result) -> t.List[str]:
    """Return the ids of the jobs that a look showed."""
    assert not result.get("failed"), result["msg"]
    return [job["job_id"] for job in result["jobs"]]


def with_clouds(folder: pathlib.Path, **entries: t.Any) -> t.Dict[str, str]:
    """Write a clouds.yaml, and return the variable that names it."""
    path = folder / "my-clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": entries}))
    return {"OS_CLIENT_CONFIG_FILE": str(path)}


def test_what_is_blank_selects_nothing(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    blank: t.List[Result] = [{"state": "absent", "job_id": None}, {"state": "absent", "job_ids": None}]
    blank += [{"state": "absent", "name": ""}, {"state": "stopped", "job_ids": ["10", " "]}]
    blank += [{"module": INFO, "job_id": None}, {"module": INFO, "name": ""}, {"module": INFO, "older_than": " "}]
    for result in play(*blank):
        assert result["failed"] and "has no value" in result["msg"]
    assert cloud.calls() == [] and cloud.job_ids() == {"10"}


def test_ids_in_text_are_those_that_are_given_whatever_else_they_look_like(cloud: Cloud, play: Play) -> None:
    for job_id in ("1004", "1005"):
        cloud.add(job_id)
    url, both = play(
        {"state": "absent", "job_ids": "https://console.example/jobs/the-one-shown?region=eu-de"},
        {"state": "absent", "job_ids": "1004,1005"},
        environ={**cloud.access_key(), "OS_PASSWORD": "1004"},
    )
    assert url["failed"] and "job_ids must be 1 to 64 of" in url["msg"] and "hidden" not in json.dumps(url)
    assert both["changed"] is True and cloud.job_ids() == set()
    assert "the-one-shown" not in json.dumps(cloud.log())


def test_a_key_in_place_of_its_file_is_not_shown(cloud: Cloud, play: Play) -> None:
    key = f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"
    [result] = play(look(client_cert=__file__, client_key=key))
    assert result["failed"] and "client_key: there is no file" in result["msg"] and SECRET not in json.dumps(result)


def test_a_job_that_says_what_nobody_can_read_is_deleted_and_told(cloud: Cloud, play: Play) -> None:
    cloud.add("10", job_desc="&#" + "9" * 5000 + ";")
    cloud.add("11", job_desc="\\" * 40_000)
    for result in play({"state": "absent", "job_id": "10"}, {"state": "absent", "job_id": "11", "wait_timeout": 10}):
        assert result["changed"] is True and not result["failed"] and result["job"]["job_id"] in ("10", "11")


def test_a_cloud_may_be_a_whole_entry(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    auth = cloud.by_password()["auth"]
    wrong = {**auth, "password": SECRET}
    key, flat, bad, mistyped = play(
        look(cloud={"auth": auth}),
        look(cloud=auth),
        look(cloud={"auth": wrong}),
        look(cloud={"auth": {"auth_url": auth["auth_url"], "pasword": SECRET}}),
        environ={},
    )
    assert ids(key) == ids(flat) == ["10"]
    assert bad["failed"] and SECRET not in json.dumps([bad, mistyped])
    assert mistyped["failed"] and mistyped["msg"] == "The entry in cloud has no credentials."


def test_what_a_dictionary_says_beside_the_name_of_an_entry_is_where_and_as_whom_it_works(
    clouds: Clouds, play: Play, tmp_path: pathlib.Path
) -> None:
    first, second = clouds(), clouds()
    for one in (first, second):
        one.add("10")
    base = {"modelarts_endpoint_override": first.credentials["endpoint"]}  # the two have one address, and differ in the project
    auths = {"one": first.by_password()["auth"], "two": second.by_password()["auth"]}
    regions = [{"name": name, "values": {**base, "auth": auth}} for name, auth in auths.items()]
    environ = with_clouds(tmp_path, both={"auth": {"auth_url": first.credentials["iam_url"]}, "regions": regions})
    key = {**second.by_key()["auth"], "auth_url": second.credentials["iam_url"]}
    for own in ({"region_name": "two"}, {"auth": second.by_password()["auth"]}, key):
        second.clear_log()
        first_run, again = play(*[{"state": "absent", "job_id": "10", "cloud": {"cloud": "both", **own}}] * 2, environ=environ)
        assert (first_run["changed"], again["changed"]) == (True, False), (own, first_run)
        assert first.job_ids() == {"10"} and "delete" in second.calls() and first.calls() == []
        second.add("10")


def test_a_mistyped_key_is_named_and_its_value_is_not_shown(cloud: Cloud, play: Play) -> None:
    auth = {**cloud.by_key()["auth"], "pasword": SECRET}
    for result in play(look(auth=auth), {"state": "absent", "job_id": "10", "auth": auth}, look(pasword=SECRET)):
        assert result["failed"] and "pasword" in result["msg"] and SECRET not in json.dumps(result)
    assert cloud.calls() == []


def test_a_secret_that_a_server_repeats_is_masked_before_it_is_cut(cloud: Cloud, play: Play) -> None:
    token = "".join(f"Zq{number:04d}" for number in range(270))
    cloud.fault(operation="get", status=400, times=0, body={"error_code": "ModelArts.0999", "error_msg": f"Not with {token}."})
    result = play(
        look(auth={"token": token, "project_id": cloud.credentials["project_id"]}, endpoint=cloud.credentials["endpoint"])
    )[0]
    assert result["failed"] and "Not with ********" in result["msg"]
    assert not [one for one in range(len(token) - 7) if token[one : one + 8] in json.dumps(result)]


def test_a_secret_that_is_a_part_of_a_code_changes_nothing_that_is_done(clouds: Clouds, table: Table) -> None:
    tasks: t.Dict[str, t.Tuple[Result, Result]] = {}  # what the cloud is, and what is asked of it
    tasks["no such API"] = ({}, {"state": "absent", "job_id": "10", "wait_timeout": 20})
    tasks["not now"] = ({"delete_refused_at": [8, 9]}, {"state": "absent", "job_id": "10", "force": True, "wait_timeout": 20})
    tasks["nothing there"] = ({"denied": ["list"]}, {"state": "absent", "job_id": "99", "wait_timeout": 20})
    told = {}
    for password in ("none", "APIGW", "ModelArts", "0105", "2775", "0101"):
        rows = {}
        for name, (settings, task) in tasks.items():
            cloud = clouds(**settings)
            cloud.add("10")
            if name == "no such API":
                cloud.fault(times=0, status=404, body={"error_code": "APIGW.0101", "error_msg": "No such API."})
            rows[name] = (cloud, task)
        results = table(rows, {"OS_PASSWORD": password})
        told[password] = {name: (one["failed"], one["changed"]) for name, one in results.items()}
    assert told["none"] == {"no such API": (True, False), "not now": (False, True), "nothing there": (False, False)}
    assert all(one == told["none"] for one in told.values()), told


def test_half_a_character_is_no_obstacle(cloud: Cloud, play: Play) -> None:
    odd: Result = {"odd \ud83d": "\udc00"}
    cloud.add("10", job_desc="cut \ud83d", **odd)
    shown, deleted = play({"module": INFO}, {"state": "absent", "job_id": "10"})
    assert ids(shown) == ["10"] and shown["jobs"][0]["job_desc"] == "cut \ufffd"
    assert deleted["changed"] is True and not deleted.get("failed") and cloud.job_ids() == set()


def test_a_line_end_is_cut_off_and_what_no_header_carries_is_refused(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    project = {"project_id": f"{cloud.credentials['project_id']}\r", "auth_url": f"{cloud.credentials['iam_url']}\n"}
    token = cloud.token()
    given, inherited, refused = play(
        look(auth={"token": f"{token}\n", **project}, endpoint=f"{cloud.credentials['endpoint']}\r\n"),
        look(),
        look(auth={"token": f"{SECRET}\n{SECRET}", **project}),
        environ={f"OS_{name.upper()}": value for name, value in {"token": f"{token}\r", **project}.items()},
    )
    assert ids(given) == ids(inherited) == ["10"]
    assert refused["failed"] and refused["msg"].startswith("auth.token (OS_TOKEN or OS_AUTH_TOKEN) has a character")
    assert SECRET not in json.dumps(refused)


def test_the_region_chooses_among_those_of_the_entry(cloud: Cloud, clouds: Clouds, play: Play, tmp_path: pathlib.Path) -> None:
    other = clouds()
    cloud.add("10")
    other.add("10")
    regions = [
        {"name": name, "values": {"auth": one.by_password()["auth"], "modelarts_endpoint_override": one.credentials["endpoint"]}}
        for name, one in (("eu-nl", other), ("eu-de", cloud))
    ]
    environ = with_clouds(tmp_path, two={"auth": {}, "regions": regions})
    task: Result = {"state": "absent", "job_id": "10", "cloud": "two"}
    wrong, right = play({**task, "region_name": "eu-ch"}, {**task, "region_name": "eu-de"}, environ=environ)
    assert wrong["failed"] and "eu-ch is not a valid region name" in wrong["msg"]
    assert right["changed"] is True and cloud.job_ids() == set() and other.job_ids() == {"10"}


def test_files_of_other_tools_are_read(cloud: Cloud, play: Play, tmp_path: pathlib.Path) -> None:
    cloud.add("10")
    auth = cloud.by_password()["auth"]
    renamed = {("user_name" if name == "username" else name): value for name, value in auth.items()}
    endpoint = f"{cloud.credentials['endpoint']}/v1/%(project_id)s"
    environ = with_clouds(
        tmp_path,
        sample={"auth": auth, "ak": "for-storage", "sk": SECRET},
        renamed={"auth": renamed},
        flat={"auth": {}, **auth},
        override={"auth": auth, "modelarts_endpoint_override": endpoint, "region_name": None},
    )
    names = ("sample", "renamed", "flat", "override")
    for name, result in zip(names, play(*(look(cloud=name) for name in names), environ=environ)):
        assert ids(result) == ["10"], name


def test_files_and_entries_that_cannot_be_used_are_told_in_a_sentence(play: Play, tmp_path: pathlib.Path) -> None:
    environ = with_clouds(
        tmp_path, braces={"auth": {"auth_url": "https://{nothing}/v3"}}, number=7, nothing=None, null_auth={"auth": None}
    )
    broken, vaulted = tmp_path / "broken.yaml", tmp_path / "vaulted.yaml"
    broken.write_text(f"clouds: {{mine: [{SECRET}")
    vaulted.write_text("$ANSIBLE_VAULT;1.1;AES256\n6162")
    elsewhere = [("OS_CLIENT_CONFIG_FILE", str(path)) for path in (broken, vaulted, tmp_path / "none.yaml")]
    names = ("braces", "number", "nothing", "null_auth", "absent")
    tasks = [look(cloud=name) for name in names] + [look(cloud="mine", environment=dict([one])) for one in elsewhere]
    said = ["in braces", "cannot", "it is null", "has no credentials", "is not there"]
    said += ["broken.yaml' is not YAML", "vaulted.yaml' is encrypted by ansible-vault", "names a file that is not there"]
    results = play(*tasks, environ=environ)
    assert "my-clouds.yaml" in results[0]["msg"]
    results += play(look(cloud="mine"), environ={})
    said.append("it is not there, as there is no such file: '/")
    for result, expected in zip(results, said):
        assert result["failed"] and expected in result["msg"], (expected, result["msg"])
        assert not [word for word in ("Error", "NoneType", "bug", SECRET) if word in result["msg"]], result["msg"]


class Socks(socketserver.StreamRequestHandler):
    """A SOCKS5 proxy that lets everybody through who says the name and the password, and notes where they wanted to go."""

    wanted: t.ClassVar[t.List[str]] = []

    def handle(self) -> None:
        methods = self.rfile.read(self.rfile.read(2)[1])
        self.connection.sendall(b"\x05\x02" if 2 in methods else b"\x05\xff")
        said = [self.rfile.read(1), *(self.rfile.read(self.rfile.read(1)[0]) for dummy in range(2))]
        self.connection.sendall(b"\x01\x00" if said[1:] == [b"the-user", SECRET.encode()] else b"\x01\x01")
        kind = self.rfile.read(4)[3]
        host = socket.inet_ntoa(self.rfile.read(4)) if kind == 1 else self.rfile.read(self.rfile.read(1)[0]).decode()
        port = int.from_bytes(self.rfile.read(2), "big")
        self.wanted.append(f"{host}:{port}")
        with socket.create_connection((host, port)) as other:
            self.connection.sendall(b"\x05\x00\x00\x01" + bytes(6))
            ends = {self.connection: other, other: self.connection}
            while True:
                for one in select.select(list(ends), [], [])[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    ends[one].sendall(data)


def test_a_socks_proxy_is_used_with_its_user_and_password(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Socks) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"socks5h://the-user:{SECRET}@127.0.0.1:{server.server_address[1]}"
        environ = {**cloud.access_key(), "all_proxy": url, "http_proxy": url, "no_proxy": ""}
        [good] = play({"state": "absent", "job_id": "10"}, environ=environ)
        [bad] = play(look(), environ={**environ, "http_proxy": url.replace(SECRET, f"{SECRET}x")})
        server.shutdown()
    assert good["changed"] is True and cloud.job_ids() == set() and len(Socks.wanted) >= 1
    assert bad["failed"] and "proxy" in bad["msg"] and SECRET not in json.dumps([good, bad])


class Proxy(socketserver.ThreadingTCPServer):
    """A proxy that lets nobody through, and notes where they wanted to go."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Refuse)
        self.wanted: t.List[str] = []


class Refuse(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        self.server.wanted.append(self.rfile.readline().decode().strip())
        self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")


@contextlib.contextmanager
def proxy() -> t.Iterator[Proxy]:
    """Run a proxy."""
    with Proxy() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def test_a_proxy_that_refuses_is_named_once_and_the_host_is_the_providers(play: Play) -> None:
    key = {"access_key": "AK", "secret_key": SECRET, "project_id": "p"}
    hosts = {
        "https://iam.eu-west-101.myhuaweicloud.eu/v3": "modelarts.eu-west-101.myhuaweicloud.eu",
        "https://iam.eu-de.otc.t-systems.com/v3": "modelarts.eu-west-101.otc.t-systems.com",
    }
    with proxy() as server:
        address = f"127.0.0.1:{server.server_address[1]}"
        way = {"HTTPS_PROXY": f"http://user:{SECRET}@{address}", "NO_PROXY": ""}
        tasks = [look(auth={**key, "auth_url": url}, region_name="eu-west-101", environment=way) for url in hosts]
        results = play(*tasks, environ={})
    for result, host in zip(results, hosts.values()):
        assert result["failed"] and f"The proxy http://{address} answered 407 to the connection to {host}" in result["msg"]
        assert SECRET not in json.dumps(result)
    assert server.wanted == [f"CONNECT {host}:443 HTTP/1.{minor}" for host in hosts.values() for minor in "10"] or [
        line.split(":")[0] for line in server.wanted
    ] == [f"CONNECT {host}" for host in hosts.values()]


def test_files_on_this_machine_are_named_at_once(cloud: Cloud, play: Play, tmp_path: pathlib.Path) -> None:
    text = tmp_path / "no.pem"
    text.write_text("no certificate")
    for option in ("ca_cert", "client_cert", "cert"):
        result = play(look(**{option: str(text)}))[0]
        named = "client_cert" if option == "cert" else option
        assert result["failed"] and result["msg"].startswith("Cannot") and named in result["msg"] and "no.pem" in result["msg"]
    assert cloud.calls() == []


def test_a_key_that_needs_a_passphrase_is_named_and_nobody_is_asked(cloud: Cloud, play: Play, tmp_path: pathlib.Path) -> None:
    made = trustme.CA().issue_cert("client.example.com")
    cert, plain, encrypted = (tmp_path / name for name in ("cert.pem", "key.pem", "encrypted.pem"))
    cert.write_bytes(made.cert_chain_pems[0].bytes())
    plain.write_bytes(made.private_key_pem.bytes())
    key = serialization.load_pem_private_key(plain.read_bytes(), None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(SECRET.encode()))
    encrypted.write_bytes(key.private_bytes(*form))
    cloud.add("10")
    good, bad = play(look(cert=str(cert), key=str(plain)), look(cert=str(cert), key=str(encrypted)))
    assert ids(good) == ["10"] and cloud.calls() == ["get"]
    assert bad["failed"] and "client_key: the key in " in bad["msg"] and "encrypted.pem' is encrypted" in bad["msg"]


def test_advice_fits_the_one_who_refused(cloud: Cloud, play: Play) -> None:
    auth = cloud.by_password()["auth"]
    wrong, nowhere = play(
        look(auth={**auth, "password": SECRET}),
        look(auth={**auth, "auth_url": auth["auth_url"].replace("/v3", "/nowhere/v3")}),
        environ={},
    )
    assert wrong["failed"] and "IAM" in wrong["msg"] and "password" in wrong["msg"] and "signature" not in wrong["msg"]
    assert nowhere["failed"] and "Check auth_url" in nowhere["msg"] and "endpoint" not in nowhere["msg"]


def test_one_dictionary_serves_other_collections_too(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    shared = {**cloud.by_password(), "auth_type": "password", "interface": "public", "sdk_log_level": "INFO", "sdk_log_path": "x"}
    good, odd = play(look(**shared), look(**{**shared, "auth_type": "v3oidcpassword"}), environ={})
    assert ids(good) == ["10"]
    assert odd["failed"] and "auth_type 'v3oidcpassword'" in odd["msg"]


def test_an_empty_auth_is_no_other_account(cloud: Cloud, play: Play) -> None:
    cloud.add("10")
    blank: t.List[Result] = [{"password": ""}, {"token": None}, {"access_key": " ", "secret_key": None}]
    for result in play(*({"state": "absent", "job_id": "10", "auth": one} for one in blank)):
        assert result["failed"] and "given, but without a value" in result["msg"]
    assert cloud.calls() == [] and cloud.job_ids() == {"10"}
