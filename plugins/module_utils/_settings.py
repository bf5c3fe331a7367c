# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user gave: options, clouds.yaml and environment become one value, :class:`Settings`. Nothing here is sent."""

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import contextlib
import difflib
import json
import os
import re
import typing as t
import warnings
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

Source = t.Dict[str, t.Any]
Cloud = t.Union[str, t.Mapping[str, t.Any]]

OTC = "otc.t-systems.com"
# The providers that are known, by their domain, and what the host of their IAM begins with. The longer domain comes first.
PROVIDERS = {"sc.otc.t-systems.com": "iam-pub", OTC: "iam", "myhuaweicloud.com": "iam", "myhuaweicloud.eu": "iam"}

# Every fact, the option that gives it and the variables that do, in the order in which they are tried.
FACTS: t.Dict[str, t.Tuple[str, t.Tuple[str, ...]]] = {
    "token": ("auth.token", ("OS_TOKEN", "OS_AUTH_TOKEN")),
    "access_key": ("auth.access_key", ("OS_ACCESS_KEY",)),
    "secret_key": ("auth.secret_key", ("OS_SECRET_KEY",)),
    "security_token": ("auth.security_token", ("OS_SECURITY_TOKEN",)),
    "auth_url": ("auth.auth_url", ("OS_AUTH_URL",)),
    "username": ("auth.username", ("OS_USERNAME",)),
    "user_id": ("auth.user_id", ("OS_USER_ID",)),
    "password": ("auth.password", ("OS_PASSWORD",)),
    "user_domain_name": ("auth.user_domain_name", ("OS_USER_DOMAIN_NAME", "OS_DOMAIN_NAME")),
    "user_domain_id": ("auth.user_domain_id", ("OS_USER_DOMAIN_ID", "OS_DOMAIN_ID")),
    "project_id": ("auth.project_id", ("OS_PROJECT_ID", "OS_TENANT_ID")),
    "project_name": ("auth.project_name", ("OS_PROJECT_NAME", "OS_TENANT_NAME")),
    "project_domain_name": ("auth.project_domain_name", ("OS_PROJECT_DOMAIN_NAME",)),
    "project_domain_id": ("auth.project_domain_id", ("OS_PROJECT_DOMAIN_ID",)),
    "default_domain_name": ("auth.default_domain_name", ()),
    "default_domain_id": ("auth.default_domain_id", ("OS_DEFAULT_DOMAIN",)),
    "region_name": ("region_name", ("OS_REGION_NAME", "OS_REGION")),
    "endpoint": ("endpoint", ("OS_MODELARTS_ENDPOINT_OVERRIDE",)),
    "validate_certs": ("validate_certs", ()),
    "ca_cert": ("ca_cert", ("OS_CACERT",)),
    "client_cert": ("client_cert", ()),
    "client_key": ("client_key", ()),
    "auth_type": ("auth_type", ()),
    "interface": ("interface", ()),
}
SECRETS = ("token", "secret_key", "security_token", "password")
CREDENTIALS = ("token", "access_key", "secret_key", "username", "user_id", "password")
# What the sister tools call the same thing.
OTHER_NAMES = {
    "ak": "access_key",
    "sk": "secret_key",
    "securitytoken": "security_token",
    "user_name": "username",
    "domain_name": "user_domain_name",
    "domain_id": "user_domain_id",
    "tenant_id": "project_id",
    "tenant_name": "project_name",
    "auth_token": "token",
    "cacert": "ca_cert",
    "verify": "validate_certs",
    "cert": "client_cert",
    "key": "client_key",
    "modelarts_endpoint_override": "endpoint",
}
NOT_STRONGEST = ("auth_token", "user_name", "tenant_id", "tenant_name")  # openstacksdk takes the other name before these
# Of an access key openstacksdk knows nothing; in many files one stands beside ``auth`` that is for object storage only.
KEY_NAMES = ("access_key", "secret_key", "security_token", "securitytoken", "ak", "sk")
FILES_AND_CHECKS = ("validate_certs", "ca_cert", "client_cert", "client_key")  # these stand beside auth, never in it
SHORTEST_USER = 8  # characters: a shorter user of a proxy may be a word that any message has
LONGEST_SHOWN = 200  # characters
NOWHERE = os.path.join(os.devnull, "nowhere")  # a file that there cannot be
SHORTEST_PIECE = 8  # characters, from which on a piece of a secret tells too much of it
PROJECT_PLACEHOLDERS = ("%(project_id)s", "$(project_id)s", "%(tenant_id)s", "$(tenant_id)s")
AUTH_TYPES = ("password", "v3password", "token", "v3token", "aksk")
INTERFACES = ("public", "internal", "admin")
# Where several are given, the first is taken; and an id before a name.
WAYS_IN = ({"token"}, {"access_key", "secret_key", "security_token"}, {"username", "user_id", "password"})
NAMES_AND_IDS = {"username": "user_id", **{name: f"{name[:-4]}id" for name in FACTS if re.search("(project|domain)_name$", name)}}
SECRET_VARIABLES = tuple(name for fact in SECRETS for name in FACTS[fact][1])
PROXY_VARIABLES = ("https_proxy", "http_proxy", "all_proxy")  # in capitals or not, or half so


def our_name(name: t.Any) -> str:
    """Return our name of a fact, whatever the sister tools call it."""
    return OTHER_NAMES.get(str(name), str(name))


def our_fact(key: t.Any) -> str:
    """Return our name of a fact, also where it is written with dashes or begins as a variable does; openstacksdk takes both."""
    return our_name(re.sub("^os_", "", str(key).replace("-", "_")))


class SettingsError(Exception):
    """The options or the environment do not say who we are or where to go. Nothing was sent.

    ``secrets``: what of the sources must not be shown, should the message have it.
    """

    secrets: t.Sequence[str] = ()


@dataclass(frozen=True)
class Token:
    """A token that someone else fetched; it cannot be renewed here."""

    token: str = field(repr=False)


@dataclass(frozen=True)
class AccessKey:
    """An access key with its secret, permanent or (with a security token) temporary."""

    access_key: str
    secret_key: str = field(repr=False)
    security_token: t.Optional[str] = field(default=None, repr=False)


@dataclass(frozen=True)
class Password:
    """The user part of a Keystone v3 password request, as IAM wants it."""

    user: t.Dict[str, t.Any] = field(repr=False)


Credentials = t.Union[Token, AccessKey, Password]


@dataclass(frozen=True)
class Settings:
    """All that is needed to talk to the cloud.

    ``project_id`` and ``endpoint`` (the URL before ``/v1``) may be unknown still: then IAM, at ``auth_url``, is asked.
    """

    credentials: Credentials
    auth_url: t.Optional[str]
    project_id: t.Optional[str]
    project_name: t.Optional[str]
    project_domain: t.Optional[t.Dict[str, str]]
    region_name: t.Optional[str]
    endpoint: t.Optional[str]
    verify: t.Union[bool, str] = True
    cert: t.Union[str, t.Tuple[str, str], None] = None
    interface: str = "public"


# --- from options and environment to settings --------------------------------------------------------------------


def named(fact: str) -> str:
    """Return how a user can give ``fact``: the option, and the variables in brackets."""
    option, variables = FACTS[fact]
    return f"{option} ({' or '.join(variables)})" if variables else option


def source_from_options(params: t.Mapping[str, t.Any]) -> Source:
    """Return the facts that the task's own options give."""
    source = {name: value for name, value in (params.get("auth") or {}).items() if name in FACTS}
    source.update({name: params.get(name) for name in FACTS if name in params})
    return known(source)


def source_from_environment(environ: t.Mapping[str, str]) -> Source:
    """Return the facts that the environment gives."""
    found: Source = {}
    for fact, (dummy, variables) in FACTS.items():
        found[fact] = next((environ[name] for name in variables if environ.get(name, "").strip()), None)
    return known(found)


def source_from_cloud(cloud: Cloud, region_name: t.Optional[str] = None, usual_region: t.Optional[str] = None) -> Source:
    """Return the facts of an entry of clouds.yaml, as openstacksdk reads it.

    :param cloud: the name of the entry, or, as in ``openstack.cloud``, a whole entry (which may name one that it adds to).
    :param region_name: the one of its regions that the task asks for.
    :param usual_region: from the environment; where the entry has no such region, it gives way.

    Raises :class:`SettingsError` where openstacksdk is missing, a file or the entry cannot be used, or its way to authenticate
    is none that IAM of these clouds knows.
    """
    entry = whole_entry(cloud)
    config = read_entry(entry, region_name or region_in(entry), usual_region)
    title = entry_title(entry)
    auth = config.get("auth") or {}
    check_auth_type(config.get("auth_type"), f"{title} has")
    foreign = sorted(key for key in auth if str(key).startswith("application_credential"))
    if foreign:
        raise SettingsError(f"{title} has {', '.join(foreign)}, which IAM of these clouds does not know.")
    complete = any(auth.get(name) not in (None, "") for name in ("password", "token", *KEY_NAMES))
    with_key = any(auth.get(name) for name in ("access_key", "ak"))  # a token beside it is then its own
    if config.get("insecure"):
        config = {**config, "verify": False}
    left_alone = [name for name in KEY_NAMES if complete and not (with_key and our_name(name) == "security_token")]
    beside = {name: value for name, value in config.items() if name not in left_alone}
    inside = {name: value for name, value in auth.items() if our_name(name) not in FILES_AND_CHECKS}
    facts = {**by_our_names(beside), **by_our_names(inside)}
    odd = [fact for fact, value in facts.items() if fact not in ("validate_certs", *CREDENTIALS) and isinstance(value, bool)]
    odd += [fact for fact, value in facts.items() if not isinstance(value, (str, int, float))]
    if odd:
        raise SettingsError(f"{title} cannot be used: its {odd[0]} must be text.")
    return facts


def whole_entry(cloud: Cloud) -> Source:
    """Return an entry, also where only its name is given; facts by the names that are strongest in a file."""
    if isinstance(cloud, str):
        return {"cloud": cloud}

    def plain_names(entry: t.Mapping[str, t.Any]) -> Source:
        names = {key: re.sub("^os_", "", str(key).replace("-", "_")) for key in entry}
        strongest = {key: our_name(name) if name in NOT_STRONGEST else name for key, name in names.items()}
        return {name: entry[key] for key, name in sorted(strongest.items(), key=lambda one: one[0] == one[1])}

    auth = cloud.get("auth")
    return {**plain_names(cloud), **({"auth": plain_names(auth)} if isinstance(auth, dict) else {})}


def region_in(entry: t.Mapping[str, t.Any]) -> t.Optional[str]:
    """Return the region that an entry given in the task asks for, as an argument would ask openstacksdk for it."""
    asked = next((value for key, value in entry.items() if our_fact(key) == "region_name" and value is not None), "")
    return str(asked).strip() or None


def entry_title(entry: t.Mapping[str, t.Any]) -> str:
    """Return how an entry is called in messages."""
    return (
        f"The entry {printable(entry['cloud'])} of clouds.yaml, from cloud (OS_CLOUD),"
        if "cloud" in entry
        else "The entry in cloud"
    )


def by_our_names(source: t.Mapping[str, t.Any]) -> Source:
    """Return what of an entry is set and is one of our facts, by whichever name."""
    renamed = {our_name(key): value for key, value in source.items() if key in OTHER_NAMES}
    return {**known(renamed), **known(source)}


def read_entry(entry: Source, region_name: t.Optional[str], usual_region: t.Optional[str]) -> t.Dict[str, t.Any]:
    """Return what openstacksdk makes of an entry. Raises :class:`SettingsError`."""
    try:
        from openstack import config as openstack_config
        from openstack import exceptions as openstack_exceptions
        from openstack.config import loader
    except ImportError as error:
        raise SettingsError(f"cloud (OS_CLOUD) is set, but openstacksdk cannot be imported: {error}.") from error
    title, name, file, secure = entry_title(entry), entry.get("cloud"), None, None
    if name is not None:
        file = check_cloud_file("OS_CLIENT_CONFIG_FILE", loader.CONFIG_FILES)
        secure = check_cloud_file("OS_CLIENT_SECURE_FILE", loader.SECURE_FILES)
        check_are_files(loader.VENDOR_FILES)
        title = f"{title} in {file}," if file else title
    try:
        reader = reader_of(openstack_config.OpenStackConfig, entry, file, secure)
        clouds = reader.cloud_config["clouds"]
        if name is not None and clouds.get(name) is None:
            raise SettingsError(f"{title} cannot be used: {why_nothing(name in clouds, file, loader.CONFIG_FILES)}.")
        merged = clouds["this one"] = merged_entry({} if name is None else clouds[name], entry)
        check_shape(merged, title)
        check_profiles(merged, loader.VENDOR_FILES)
        with warnings.catch_warnings(record=True) as said_beside:
            warnings.simplefilter("always")
            found = get_one(reader, region_name, usual_region, openstack_exceptions.SDKException)
        unknown = any("vendor profile" in str(one.message) for one in said_beside)
        if unknown and not (found.get("auth") or {}).get("auth_url"):
            text = "its profile is none that openstacksdk knows, or clouds-public.yaml, which may hold it, cannot be read"
            raise SettingsError(f"{title} cannot be used: {text}.")
        return without_rivals(in_region(found, merged), entry)
    except openstack_exceptions.SDKException as error:
        # What it says may quote the entry, and a secret in it; only what is known not to is told.
        known_reason = re.match(r"Region \S+ is not a valid region name|.* defines a cloud named", str(error))
        said = str(error).replace("for cloud this one", "for it") if known_reason else "openstacksdk refuses what is in it."
        raise SettingsError(f"{title} cannot be used: {said}") from error
    except (KeyError, IndexError, ValueError) as error:
        text = "openstacksdk fills in what stands in braces, and something there is nothing that it knows"
        raise SettingsError(f"{title} cannot be used: {text}.") from error
    except (OSError, AttributeError, TypeError, RecursionError) as error:
        raise SettingsError(f"{title} cannot be used: openstacksdk cannot make sense of it.") from error


def in_region(found: t.Dict[str, t.Any], entry: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """Return what openstacksdk found with the keys of its region, of which it knows nothing, before those of the entry."""
    regions = [one for one in entry.get("regions") or () if isinstance(one, dict) and one.get("name") == found.get("region_name")]
    values = (regions[0].get("values") if regions else None) or {}
    as_written = {key: one[key] for one in (entry, values) for key in KEY_NAMES if key in one}  # braces in a key are no name
    return overridden({**found, **as_written}, values, set(FACTS) - set(map(our_name, KEY_NAMES)))


def get_one(reader: t.Any, region_name: t.Optional[str], usual_region: t.Optional[str], failure: t.Any) -> t.Dict[str, t.Any]:
    """Return what openstacksdk makes of the entry in a region: the one asked for, or else the usual one if it has that."""
    if region_name is None and usual_region is not None:
        with contextlib.suppress(failure):  # it has no such region, but its own
            return dict(reader.get_one(cloud="this one", region_name=usual_region, validate=False).config)
    return dict(reader.get_one(cloud="this one", region_name=region_name or "", validate=False).config)


def check_shape(entry: t.Any, title: str) -> None:
    """Raise :class:`SettingsError` for an entry that openstacksdk should not see.

    It would fetch a profile that is a URL, for as long as a server likes, and says nothing plain of an ``auth`` that is none.
    """
    if isinstance(entry, dict) and not isinstance(entry.get("auth", {}), dict):
        raise SettingsError(f"{title} cannot be used: its auth is no mapping.")
    profile = entry.get("profile", entry.get("cloud")) if isinstance(entry, dict) else None
    if isinstance(profile, str) and "://" in re.sub(r"[\s\x00-\x1f]", "", profile):  # as urllib reads it
        raise SettingsError(f"{title} cannot be used: its profile is a URL, which is not fetched.")


def merged_entry(base: t.Any, entry: Source) -> t.Any:
    """Return an entry of a file with what an entry given in the task adds to it, nulls left out."""
    own = with_keys_inside(without_nulls({key: value for key, value in entry.items() if key != "cloud"}))
    if not own:
        return without_nulls(base)
    plain = overridden(without_nulls(base), own)
    both = {**plain, **own}
    if isinstance(both.get("regions"), list) and "regions" not in own:
        both["regions"] = [region_overridden(region, own) for region in both["regions"]]
    return {**both, "auth": {**plain["auth"], **own["auth"]}} if "auth" in plain and "auth" in own else both


def with_keys_inside(own: Source) -> Source:
    """Return what a task gives with an access key beside C(auth) moved into it, where nothing else in there says who we are."""
    auth = own.get("auth") or {}
    if not isinstance(auth, dict) or any(our_name(key) in CREDENTIALS for key in auth):
        return own
    keys = {key: own[key] for key in KEY_NAMES if key in own}
    return {**{key: value for key, value in own.items() if key not in keys}, "auth": {**auth, **keys}} if keys else own


def why_nothing(null: bool, file: t.Optional[str], places: t.Sequence[str]) -> str:
    """Return why there is no entry of a name."""
    looked = "" if file else f", as there is no such file: {', '.join(map(printable, places))}"
    return f"{'it is null, there or in secure.yaml' if null else 'it is not there'}{looked}"


def reader_of(reader: t.Callable[..., t.Any], entry: Source, file: t.Optional[str], secure: t.Optional[str]) -> t.Any:
    """Return what reads the files for an entry: those found, and for a whole entry only those of profiles."""
    named_one = "cloud" in entry
    return reader(
        config_files=[file] if file else None if named_one else [NOWHERE],
        secure_files=[secure] if secure else None if named_one else [NOWHERE],
        load_yaml_config=named_one or "profile" in entry,
        load_envvars=named_one,
    )


def without_rivals(found: t.Dict[str, t.Any], entry: Source) -> t.Dict[str, t.Any]:
    """Return what openstacksdk found without what the task says otherwise by another name; a profile may have given that."""
    given = {**entry, **(entry.get("auth") or {})}
    keys = [key for key, value in given.items() if value is not None and key not in ("cloud", "auth")]
    # openstacksdk calls what it knows by one name; of an access key it knows nothing
    own = {name: given[key] for key in keys for name in ((key,) if key in KEY_NAMES else (key, our_fact(key)))}
    return overridden(found, {**own, "auth": own}) if own else found


def region_overridden(region: t.Any, own: Source) -> t.Any:
    """Return a region of an entry without what the task says otherwise, as openstacksdk lets its values win."""
    values = region.get("values") if isinstance(region, dict) else None
    if not isinstance(values, dict):
        return region
    left, said = overridden(values, own), own.get("auth") or {}
    ids = {our_fact(key) for one in (own, said) for key in one}
    gone = {name for name, its_id in NAMES_AND_IDS.items() if its_id in ids}  # a name would be taken for another than the id
    auth = {key: value for key, value in (left.get("auth") or {}).items() if key not in said and our_fact(key) not in gone}
    beside = {key: value for key, value in left.items() if key not in own and our_fact(key) not in gone}
    return {**region, "values": {**beside, "auth": auth}}


def rivals_of(facts: t.Collection[str]) -> t.Set[str]:
    """Return the facts that these take the place of: another user, another project, another way in."""
    given = set(facts)
    ways = [way for way in WAYS_IN if not way & given] if any(way & given for way in WAYS_IN) else []
    ids = {own for name, own in NAMES_AND_IDS.items() if name in given}
    temporary = {"security_token"} if "access_key" in given else set()  # it goes with the key that it was made with
    return set().union(*ways, ids, temporary) - given


def overridden(base: t.Dict[str, t.Any], own: t.Mapping[str, t.Any], known_to_sdk: t.Collection[str] = ()) -> t.Dict[str, t.Any]:
    """Return an entry without what another, which is stronger, says by other names: in ``auth``, and beside it.

    :param known_to_sdk: the facts of which openstacksdk has seen already which of their names is stronger.
    """

    facts = {our_fact(key) for one in (own, own.get("auth")) if isinstance(one, dict) for key in one}
    gone = rivals_of(facts) | (facts - set(known_to_sdk))
    left = {key: value for key, value in base.items() if key in own or our_fact(key) not in gone}
    auth, kept = left.get("auth"), own.get("auth") or {}
    return {**left, "auth": {key: auth[key] for key in auth if key in kept or our_fact(key) not in gone}} if auth else left


def without_nulls(value: t.Any) -> t.Any:
    """Return an entry without what is null in it; dates, which YAML makes of what looks like one, as text."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [without_nulls(one) for one in value if one is not None]
    return value.isoformat() if hasattr(value, "isoformat") else value


def check_cloud_file(variable: str, usual: t.Sequence[str]) -> t.Optional[str]:
    """Return the file that openstacksdk will read, if there is one. Raises :class:`SettingsError` where it cannot be read.

    :param variable: the variable that may name it.
    """
    named_one = os.environ.get(variable, "").strip("\r\n")
    if named_one and not os.path.exists(named_one):
        raise SettingsError(f"{variable} names a file that is not there: {printable(named_one)}.")
    path = named_one or next((one for one in usual if os.path.exists(one)), None)
    if path is None:
        return None
    parsed = parsed_file(path)
    if parsed is not None and not (isinstance(parsed, dict) and isinstance(parsed.get("clouds") or {}, dict)):
        raise SettingsError(f"The file {printable(path)} is no clouds.yaml: it has no mapping of clouds.")
    return path


def check_profiles(entry: t.Any, usual: t.Sequence[str]) -> None:
    """Raise :class:`SettingsError` where an entry has a profile, and the file that may hold it cannot be read.

    openstacksdk would pass over it in silence, and over what the profile says.
    """
    path = next((one for one in usual if os.path.exists(one)), None)
    if path is not None and isinstance(entry, dict) and (entry.get("profile") or entry.get("cloud")):
        parsed_file(path)


def parsed_file(path: str) -> t.Any:
    """Return what is in a file, as openstacksdk reads it. Raises :class:`SettingsError`, which tells nothing of what is in it."""
    import yaml

    check_are_files([path])
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if text.startswith("$ANSIBLE_VAULT;"):
            raise SettingsError(f"The file {printable(path)} is encrypted by ansible-vault, which openstacksdk cannot read.")
        return json.loads(text) if path.endswith(".json") else yaml.safe_load(text)
    except OSError as error:
        raise SettingsError(f"The file {printable(path)} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # it may quote the line, and a secret in it
        mark = getattr(error, "problem_mark", None)
        number = error.lineno if isinstance(error, json.JSONDecodeError) else None if mark is None else mark.line + 1
        line = "" if number is None else f" (line {number})"
        raise SettingsError(f"The file {printable(path)} is not {'JSON' if path.endswith('.json') else 'YAML'}{line}.") from error


def check_are_files(paths: t.Iterable[str]) -> None:
    """Raise :class:`SettingsError` for what is there and is no file, such as a pipe: openstacksdk would wait for it."""
    for path in paths:
        if os.path.exists(path) and not os.path.isfile(path):
            raise SettingsError(f"{printable(path)} is no file: openstacksdk would wait for it, or read nothing.")


def check_auth_type(auth_type: t.Any, whose: str) -> None:
    """Raise :class:`SettingsError` for a way to authenticate that IAM of these clouds does not know."""
    if str(auth_type or "password") not in AUTH_TYPES:
        plain = re.fullmatch(r"[a-z0-9_]{1,40}", str(auth_type))  # else it may be something that is not to be shown
        raise SettingsError(
            f"{whose} {f'auth_type {auth_type!r}' if plain else 'another auth_type'}; use password, token or AK/SK."
        )


def known(source: t.Mapping[str, t.Any]) -> Source:
    """Return what of ``source`` is set and is one of our facts, without the line ends that files leave around a value."""
    cut = {key: value.strip("\r\n") if isinstance(value, str) else value for key, value in source.items() if key in FACTS}
    return {key: value for key, value in cut.items() if value is not None and str(value).strip()}


class Sources:
    """Where facts come from: the options, then the cloud named, then the environment.

    A cloud that only the environment names (``OS_CLOUD``) is left alone where the options have credentials.
    """

    def __init__(self, params: t.Mapping[str, t.Any], environ: t.Mapping[str, str], load_cloud: t.Callable[..., Source]) -> None:
        self.options = source_from_options(params)
        check_auth_type(self.options.get("auth_type"), "The options have")
        environment = source_from_environment(environ)
        cloud: t.Optional[Cloud] = params.get("cloud") or None
        if cloud is None and credentials_of(self.options) is None:
            cloud = environ.get("OS_CLOUD", "").strip("\r\n") or None
        regions = (self.options.get("region_name"), environment.get("region_name"))
        self.cloud = {} if cloud is None else load_cloud(cloud, *regions)
        self.cloud_title = None if cloud is None else entry_title(whole_entry(cloud))
        self.in_order = (self.options, self.cloud, environment)

    def get(self, fact: str) -> t.Any:
        """Return a fact from the strongest source that has it, or ``None``."""
        return next((source[fact] for source in self.in_order if fact in source), None)

    def blamed(self, error: SettingsError, source: t.Optional[Source] = None) -> SettingsError:
        """Return an error that says so where what it speaks of stands in the entry of clouds.yaml.

        :param source: where it stands; if not given, that is where the facts that it names come from.
        """
        facts = [fact for fact in FACTS if named(fact) in str(error)]
        winners = [next((one for one in self.in_order if fact in one), None) for fact in facts]
        entry = source is self.cloud if source is not None else any(one is self.cloud for one in winners)
        told = SettingsError(f"{self.cloud_title} cannot be used: {error}") if entry and self.cloud_title else error
        told.secrets = [str(one[fact]) for one in self.in_order for fact in SECRETS if fact in one]
        return told

    def credentials(self) -> Credentials:
        """Return the credentials of the one source that has any. Raises :class:`SettingsError` where there are none."""
        for source in self.in_order:
            try:
                own = credentials_of(source)
            except SettingsError as error:
                raise self.blamed(error, source) from error
            if own is not None:
                return own
            if source is self.cloud and self.cloud_title:
                raise SettingsError(f"{self.cloud_title} has no credentials.")
        raise SettingsError(
            "No credentials: set cloud (OS_CLOUD), auth.token (OS_TOKEN), auth.access_key with auth.secret_key "
            "(OS_ACCESS_KEY, OS_SECRET_KEY), or auth.username with auth.password (OS_USERNAME, OS_PASSWORD)."
        )


def secrets_of(credentials: Credentials) -> t.Tuple[str, ...]:
    """Return what of the credentials must never be shown."""
    if isinstance(credentials, Token):
        return (credentials.token,)
    if isinstance(credentials, AccessKey):
        return tuple(filter(None, (credentials.secret_key, credentials.security_token)))
    return (str(credentials.user["password"]),)


def secrets_given(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> t.List[str]:
    """Return what must never be shown of the options, as they were given, and of the environment."""
    found = [environ.get(name) for name in SECRET_VARIABLES]
    urls = [value for name, value in environ.items() if name.lower() in PROXY_VARIABLES]
    found.extend(user for value in urls for user in users_in(value) if len(user) >= SHORTEST_USER)
    for entry in mappings([params.get("auth"), params.get("cloud")]):
        found.extend(str(value) for name, value in entry.items() if is_secret(name, value))
    for entry in mappings(dict(params)):
        urls.extend(value for value in entry.values() if isinstance(value, str))
    for url in urls:
        found.extend(passwords_in(url))
    return [text for text in ((value or "").strip("\r\n") for value in found) if text]


def mappings(value: t.Any) -> t.Iterator[t.Dict[str, t.Any]]:
    """Yield a value, and what is in it, where it is a mapping."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(one)


def is_secret(name: t.Any, value: t.Any) -> bool:
    """Tell whether a value in an entry must not be shown: by its name, or where the name may be a mistyped one."""
    fact = our_name(name)
    sounds_so = re.search(r"pass|pwd|secret|token|cred", str(name), re.I) is not None
    mistyped = bool(difflib.get_close_matches(str(name).lower(), SECRETS, 1, 0.7))
    return not isinstance(value, (dict, list, bool)) and (fact in SECRETS or (fact not in FACTS and (sounds_so or mistyped)))


def may_tell(value: t.Any) -> bool:
    """Tell whether something may be a URL, or be meant for one, with parts that may hold a secret."""
    if not isinstance(value, str):
        return False
    behind, in_url = value.partition(":")[2], value.partition("://")[2]
    return any(sign in behind for sign in ("@", "%40")) or any(sign in in_url for sign in "?#") or "-----BEGIN " in value


def users_in(url: str) -> t.List[str]:
    """Return the user in a URL, or in what is meant for one: it is often a token."""
    match = re.match(r"([^:/@\s]+)(:.*)?@", re.sub(r"^\s*([\w+]+:/+)?", "", url), re.DOTALL)
    return [unquote(match[1]), match[1]] if match else []


def passwords_in(url: t.Optional[str]) -> t.List[str]:
    """Return the password in a URL, however it is begun, and the two parts as a header carries them."""
    found: t.List[str] = []
    for rest in (url or "", re.sub(r"^\s*[\w+]+:/*", "", url or "")):
        match = re.match(r"[\s/]*([^:/]*):(.*)(@|%40)", rest, re.DOTALL)
        if match and not match[2].startswith("//"):
            found.extend((unquote(match[2]), match[2], f"{unquote(match[1])}:{unquote(match[2])}"))
    return found


def credentials_of(source: Source) -> t.Optional[Credentials]:
    """Return the credentials in one source: token before AK/SK before password, or ``None`` where there are none."""
    for fact in CREDENTIALS:
        if isinstance(source.get(fact), bool):
            raise SettingsError(
                f"{named(fact)} is {str(source[fact]).lower()}, which is no text: put it in quotes where it is written."
            )
    if "token" in source:
        return Token(carried(source, "token"))
    if any(fact in source for fact in ("access_key", "secret_key", "security_token")):
        demand(source, "access_key", "secret_key")
        temporary = carried(source, "security_token") if "security_token" in source else None
        return AccessKey(carried(source, "access_key"), str(source["secret_key"]), temporary)
    if any(fact in source for fact in ("password", "username", "user_id")):
        demand(source, "user_id" if "user_id" in source else "username", "password")
        return Password(password_user(source))
    return None


def carried(source: Source, fact: str) -> str:
    """Return a fact that becomes a part of a header. Raises :class:`SettingsError` where no header can carry it."""
    value = str(source[fact])
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise SettingsError(f"{named(fact)} has a character in it that no header can carry, such as a blank or a line break.")
    return value


def demand(source: Source, *facts: str) -> None:
    """Raise :class:`SettingsError` naming what is missing of a set that was begun."""
    missing = [named(fact) for fact in facts if fact not in source]
    if missing:
        raise SettingsError(f"Half a set of credentials: {' and '.join(missing)} is missing.")


def password_user(source: Source) -> t.Dict[str, t.Any]:
    """Return the user of a Keystone v3 password request. A user name is unique in its domain only."""
    if "user_id" in source:
        return {"id": source["user_id"], "password": source["password"]}
    domain = domain_of(source, "user")
    if domain is None:
        raise SettingsError(f"Half a set of credentials: {named('user_domain_name')} is missing.")
    return {"name": source["username"], "password": source["password"], "domain": domain}


def domain_of(source: Source, owner: str, owners: t.Sequence[str] = ()) -> t.Optional[t.Dict[str, str]]:
    """Return the domain of the ``user`` or the ``project`` in a source, or ``None``.

    :param owners: whose domains will do; if not given, that of the owner and then the default one.
    """
    for whose in owners or (owner, "default"):
        for key in ("id", "name"):
            value = source.get(f"{whose}_domain_{key}")
            if value:
                return {key: str(value)}
    return None


def resolve(
    params: t.Mapping[str, t.Any],
    environ: t.Optional[t.Mapping[str, str]] = None,
    load_cloud: t.Callable[..., Source] = source_from_cloud,
) -> Settings:
    """Turn a task's options and the environment into :class:`Settings`.

    Raises :class:`SettingsError`, in one line that names the option and the variable, where something is missing,
    contradicts itself, or is no URL.
    """
    sources = Sources(params, os.environ if environ is None else environ, load_cloud)
    credentials = sources.credentials()
    try:
        return settings_of(sources, credentials)
    except SettingsError as error:
        raise sources.blamed(error) from error


def settings_of(sources: Sources, credentials: Credentials) -> Settings:
    """Return what the sources come to. Raises :class:`SettingsError`."""
    endpoint = sources.get("endpoint")
    if endpoint:
        endpoint = split_endpoint(endpoint)[0]
    project_id, project_name, project_domain = project_of(sources)
    auth_url = sources.get("auth_url") if needs_iam(credentials, project_id, endpoint) else None
    settings = Settings(
        credentials=credentials,
        auth_url=iam_url(auth_url) if auth_url else None,
        project_id=project_id,
        project_name=project_name,
        project_domain=project_domain,
        region_name=sources.get("region_name") if endpoint is None or project_id is None else None,
        endpoint=endpoint,
        verify=verification(sources),
        cert=client_certificate(sources),
        interface=interface_of(sources),
    )
    check_reachable(settings)
    return settings


def needs_iam(credentials: Credentials, project_id: t.Optional[str], endpoint: t.Optional[str]) -> bool:
    """Tell whether IAM has to be asked, or may be asked, for anything."""
    return isinstance(credentials, Password) or project_id is None or endpoint is None


def split_endpoint(url: t.Any) -> t.Tuple[str, t.Optional[str]]:
    """Split an endpoint, with or without ``/v1/<project>``, into what is before ``/v1`` and the project."""
    check_url(url, "endpoint")
    match = re.fullmatch(r"(?P<base>.*?)(?:/v1(?:/(?P<project>[^/]+))?)?/*", url)
    if match is None:
        raise SettingsError(f"{named('endpoint')} is not a URL: {printable(url)}.")
    project = match.group("project")
    return match.group("base").rstrip("/"), None if project in PROJECT_PLACEHOLDERS else project


def check_url(url: t.Any, fact: str) -> None:
    """Raise :class:`SettingsError` where ``url`` is no plain http or https URL. A user or password inside is refused too."""
    try:
        parts = urlsplit(str(url))
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        plain = not (parts.username or parts.password or re.search(r"[?#]", str(url)) or "%" in (parts.hostname or ""))
    except ValueError:
        sound = plain = False
    if not sound or re.search(r"[\s\\\x00-\x1f]", str(url)):
        raise SettingsError(f"{named(fact)} is not a URL such as https://host: {printable(url)}.")
    if not plain:
        raise SettingsError(f"{named(fact)} must be a plain URL: no user, password, query or fragment in it.")


def printable(value: t.Any) -> str:
    """Return a value of the user's for a message, on one line, with dots for what is before an ``@`` or behind a ``?``.

    What is too long is not cut, nor what is no URL: a piece of a secret would not be known as one.
    """
    shown = re.sub(r"^(\w+://)?.*(@|%40)", r"\1...\2", str(value), flags=re.DOTALL)
    text = re.sub(r"([?#]).*", r"\1...", shown, flags=re.DOTALL)
    whole_or_url = text == str(value) or re.match(r"\w+://", text) or len(text) < SHORTEST_PIECE
    plain = len(text) <= LONGEST_SHOWN and "-----BEGIN " not in text  # that may be a key itself, in place of its file
    return repr(text) if plain and whole_or_url else f"a text of {len(str(value))} characters"


def project_of(
    sources: Sources,
) -> t.Tuple[t.Optional[str], t.Optional[str], t.Optional[t.Dict[str, str]]]:
    """Return the id of the project, or else its name and its domain, from the strongest source that names one."""
    for number, source in enumerate(sources.in_order):
        inside = split_endpoint(source["endpoint"])[1] if "endpoint" in source else None
        given = source.get("project_id")
        if source is sources.options and inside and given and inside != given:
            raise SettingsError(f"auth.project_id is {printable(given)}, but the endpoint option is for {printable(inside)}.")
        project_id = given or inside
        if project_id:
            if source is sources.options and not given and "project_name" in source:
                also = f"the endpoint option is for {printable(inside)}: give one of them"
                raise SettingsError(f"auth.project_name is {printable(source['project_name'])}, and {also}.")
            return checked_project_id(str(project_id)), None, None
        if "project_name" in source:
            as_strong = sources.in_order[: number + 1]
            of_project = next(filter(None, (domain_of(one, "project", ("project",)) for one in as_strong)), None)
            return None, str(source["project_name"]), of_project or domain_of(source, "project") or domain_of(source, "user")
    return None, None, None


def checked_project_id(project_id: str) -> str:
    """Return ``project_id``, which becomes a part of the path. Raises :class:`SettingsError` where it cannot be one."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", project_id):
        raise SettingsError(f"{named('project_id')} is not the id of a project: {printable(project_id)}.")
    return project_id


def iam_url(url: str) -> str:
    """Return the URL of IAM's v3 API, whatever version (or none) the URL given has, and if it is that of a token."""
    check_url(url, "auth_url")
    return re.sub(r"(/v\d+(\.\d+)?)?(/auth/tokens)?/*$", "", url) + "/v3"


def interface_of(sources: Sources) -> str:
    """Return which kind of endpoint is taken from the catalog. Raises :class:`SettingsError` for what is none."""
    value = str(sources.get("interface") or "public")
    interface = re.sub(r"url$", "", value.lower())
    if interface not in INTERFACES:
        raise SettingsError(f"interface must be one of {', '.join(INTERFACES)}, not {printable(value)}.")
    return interface


def verification(sources: Sources) -> t.Union[bool, str]:
    """Return what certificates are verified against: ``True``, the path of a bundle, or ``False``.

    It is ``False`` only where the strongest source that speaks of it says so: a bundle in the options is not given for nothing.
    """
    strongest = next((source for source in sources.in_order if "validate_certs" in source or "ca_cert" in source), {})
    given = strongest.get("validate_certs", True)
    if not given:
        return False
    bundle = existing_path(sources, "ca_cert")
    if bundle is None and isinstance(given, str):
        own = os.path.expanduser(given)
        if os.path.isfile(own) or os.path.isdir(own):
            return own  # as openstacksdk takes it
        raise SettingsError(f"{named('validate_certs')} (verify) must be true or false, without quotes, not {printable(given)}.")
    return bundle or True


def client_certificate(sources: Sources) -> t.Union[str, t.Tuple[str, str], None]:
    """Return the client certificate, with its key where that is a file of its own."""
    strongest = next((source for source in sources.in_order if "client_cert" in source or "client_key" in source), {})
    key = existing_path(sources, "client_key") if "client_key" in strongest else None  # a weaker one is that of another
    cert = existing_path(sources, "client_cert")
    if key and not cert:
        raise SettingsError("client_key is set without client_cert.")
    return (cert, key) if cert and key else cert


def existing_path(sources: Sources, fact: str) -> t.Optional[str]:
    """Return the path that a fact gives. Raises :class:`SettingsError` where nothing is there."""
    path = sources.get(fact)
    if not path:
        return None
    expanded = os.path.expanduser(str(path))
    if not os.path.isfile(expanded) and not os.path.isdir(expanded):  # of a pipe nobody knows when it ends
        raise SettingsError(f"{named(fact)}: there is no file {printable(path)}.")
    return expanded


def check_reachable(settings: Settings) -> None:
    """Raise :class:`SettingsError` where the settings leave no way to learn the token, the project or the endpoint."""
    if isinstance(settings.credentials, Password):
        if settings.auth_url is None:
            raise SettingsError(f"Half a set of credentials: {named('auth_url')} is missing.")
        if settings.project_id is None and settings.project_name is None:
            raise SettingsError(f"No project: set {named('project_id')} or {named('project_name')}.")
    elif settings.project_id is None:
        if isinstance(settings.credentials, AccessKey) and settings.project_name is None:
            raise SettingsError(f"No project: set {named('project_id')} or {named('project_name')}.")
        if settings.auth_url is None and settings.region_name is None:
            raise SettingsError(f"The project is not known: set {named('project_id')}, or {named('auth_url')} to look it up.")
    if asks_iam(settings):
        iam_base(settings)
    if settings.endpoint is None and (isinstance(settings.credentials, AccessKey) or not asks_iam(settings)):
        modelarts_base(settings)


# --- hosts: only of providers that are known ---------------------------------------------------------------------


def asks_iam(settings: Settings) -> bool:
    """Tell whether IAM is asked for anything: a token, or what a token or an access key does not say by itself."""
    if isinstance(settings.credentials, Token):
        return settings.project_id is None or (settings.endpoint is None and settings.auth_url is not None)
    return isinstance(settings.credentials, Password) or settings.project_id is None


def iam_base(settings: Settings) -> str:
    """Return the URL of IAM's v3 API: the one given, or that of the provider in the region. Raises :class:`SettingsError`."""
    if settings.auth_url:
        return settings.auth_url
    domain = provider_of(settings.endpoint) if settings.endpoint else OTC
    if domain is None:
        host = printable(urlsplit(settings.endpoint or "").hostname)
        raise SettingsError(f"IAM is not known: set {named('auth_url')}, as {host} belongs to no provider whose IAM is known.")
    return f"https://{PROVIDERS[domain]}.{checked_region(settings.region_name)}.{domain}/v3"


def modelarts_base(settings: Settings) -> str:
    """Return the URL of ModelArts (what is before ``/v1``) in the region, of the provider whose IAM ``auth_url`` is.

    Raises :class:`SettingsError` where no region is given, or the provider is none that is known.
    """
    domain = provider_of(settings.auth_url) if settings.auth_url else OTC
    if settings.interface != "public":
        raise SettingsError(f"No endpoint: set {named('endpoint')}, as only the public one follows from the region.")
    if domain is None:
        host = printable(urlsplit(settings.auth_url or "").hostname)
        raise SettingsError(f"No endpoint: set {named('endpoint')}, as {host} belongs to no provider whose ModelArts is known.")
    return f"https://modelarts.{checked_region(settings.region_name)}.{domain}"


def provider_of(url: t.Optional[str]) -> t.Optional[str]:
    """Return the domain of the provider to whom the host of ``url`` belongs, or ``None`` where it is none that is known."""
    host = (urlsplit(url or "").hostname or "").rstrip(".")
    return next((domain for domain in PROVIDERS if host.endswith(f".{domain}")), None)


def checked_region(region_name: t.Optional[str]) -> str:
    """Return the name of a region, which becomes a part of a host. Raises :class:`SettingsError` where it cannot be one."""
    if not region_name:
        raise SettingsError(f"No endpoint: set {named('endpoint')} or {named('region_name')}.")
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", region_name):
        raise SettingsError(f"{named('region_name')} is not the name of a region: {printable(region_name)}.")
    return region_name
