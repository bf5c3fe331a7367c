# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role prune is asked for, and which jobs that chooses: pure, and where anything is unclear, nothing is done."""

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# What the modules know is imported where it is needed: each task of the role that uses a filter pays for the imports here.

from __future__ import annotations

import difflib
import math
import posixpath
import re
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._http import MASK

Job = t.Dict[str, t.Any]
Asked = t.Dict[str, t.Any]
Options = t.Mapping[str, t.Mapping[str, t.Any]]
Read = t.Callable[[t.Any], t.Any]
Seen = t.Mapping[str, t.Any]

PREFIX = "modelarts_prune_"
CUT_OFF = "_raw_params"
TEMPLATE = "module_defaults"  # stands for the options of defaults that are a template, of which nobody knows yet
CRITERIA = ("older_than", "status", "state", "name")
REPORTS = ("report_json", "report_html")
SHOWN = 80  # characters of what a user gave, in an error
OMIT = "<<Omit>>"  # that of ansible-core 2.19 and newer, as it calls itself
OMITTED = "__omit_place_holder__[0-9a-f]+"  # that of 2.17 and 2.18
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
PRICE = re.compile(r"[0-9]{1,9}([.][0-9]{1,9})?")


class Unclear(Exception):
    """A variable has a value that cannot be understood."""


def read(given: t.Mapping[str, t.Any], options: Options) -> Asked:
    """Return what is asked for. Where ``errors`` in it is not empty, nothing may be done.

    ``files`` are those of the reports, ``folders`` the one of each.

    :param given: every variable that begins like those of the role, by its name, with its value; and that of what was cut off.
    :param options: the variables of the role, from its argument specs.
    """
    given = {name: value for name, value in given.items() if not is_omitted(value)}
    asked: Asked = {name: options[PREFIX + name].get("default") for name in READERS}
    errors = cut_off(given) + [unknown(name, options) for name in sorted(given) if name not in (*options, CUT_OFF)]
    for name in options:
        if name in given:
            try:
                asked[name[len(PREFIX) :]] = value_of(name[len(PREFIX) :], given[name])
            except Unclear as error:
                errors.append(f"{name} {error}")
    if not any(PREFIX + name in given for name in CRITERIA):
        errors.append(f"Give at least one of {', '.join(PREFIX + name for name in CRITERIA)}")
    if asked["report_json"] and same_path(asked["report_json"], asked["report_html"]):
        errors.append(f"{PREFIX}report_json and {PREFIX}report_html are the same file")
    own = {name: value for name, value in asked.items() if name in READERS}
    files = [asked[name] for name in REPORTS if asked[name]]
    return {**own, "errors": errors, "files": files, "folders": list(map(posixpath.dirname, files))}


def cut_off(given: t.Mapping[str, t.Any]) -> t.List[str]:
    """Return the error about what C(-e) has cut off a value at white space: Ansible keeps it under a name of its own."""
    if CUT_OFF not in given:
        return []
    remedy = "Give it as JSON, or lists with commas and without blanks"
    return [f"Something was cut off by -e, which ends a value at white space. {remedy}"]  # it may be a piece of a secret


def is_omitted(value: t.Any) -> bool:
    """Tell whether a value is C(omit), which means that the variable is not given."""
    return repr(value) == OMIT or (isinstance(value, str) and re.fullmatch(OMITTED, value) is not None)


def unknown(name: str, options: Options) -> str:
    """Return the error about a variable that the role does not have. Its value may be secret, and is not told."""
    near = difflib.get_close_matches(name, options, 1)
    return f"{name} is no variable of this role" + (f", perhaps {near[0]} is meant" if near else "")


def value_of(name: str, value: t.Any) -> t.Any:
    """Return the value of a variable as the role uses it. Raises :class:`Unclear`."""
    if is_blank(value):
        raise Unclear("is given, but has no value. Leave it out instead")
    if re.search(OMITTED, str(value)):
        raise Unclear("has omit in it, which leaves out a variable as a whole only")
    return READERS[name](value) if name in READERS else None  # what is about the connection is read by the modules


def is_blank(value: t.Any) -> bool:
    """Tell whether a value says nothing."""
    return (
        value is None or (isinstance(value, str) and not value.strip()) or (isinstance(value, (list, tuple, dict)) and not value)
    )


def same_path(one: str, other: t.Optional[str]) -> bool:
    """Tell whether two paths are those of one file, as far as can be told by their text."""
    return other is not None and plain_path(one) == plain_path(other)


def plain_path(path: str) -> str:
    """Return a path without what does not matter in it."""
    return re.sub(r"^/+", "/", posixpath.normpath(path))


# --- values ------------------------------------------------------------------------------------------------------


def shown(value: t.Any) -> str:
    """Return a value for an error."""
    return repr(str(value)[:SHOWN])


def text(value: t.Any) -> str:
    """Return text, without the blanks and line ends around it; a whole number is text too."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Unclear(f"must be text, not {shown(value)}")
    return str(value).strip()


def split(value: str) -> t.List[str]:
    """Return the entries of a list that is written as text: with commas, a line each, or both.

    A blank line is none, and a comma may end each line but the last. An entry between commas that is empty is an error: it
    may be a variable that has no value.
    """
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    lines = [line[:-1] if line.endswith(",") else line for line in lines[:-1]] + lines[-1:]
    entries = [entry.strip() for line in lines for entry in line.split(",")]
    if not all(entries) or not entries:
        raise Unclear("has an empty entry")
    return entries


def several(value: t.Any) -> t.List[str]:
    """Return the entries of a list, which may be written as text, each once."""
    entries: t.List[str] = []
    for one in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(one, bool) or not isinstance(one, (str, int)):
            raise Unclear(f"must be a list of texts; {shown(one)} is none")
        entries += split(str(one))
    return list(dict.fromkeys(entries))


def duration(value: t.Any) -> str:
    """Return a duration as the info module takes it."""
    from ..module_utils._module import DURATION

    given = text(value)
    if DURATION.fullmatch(given) is None:
        raise Unclear(f"must be a number with a unit, such as 90m, 12h, 30d or 4w, not {shown(given)}")
    if not re.search(r"[1-9]", given):
        raise Unclear(f"is {shown(given)}, which would choose every job, also one that was just created")
    return given


def statuses(value: t.Any) -> t.List[str]:
    """Return statuses by their names."""
    from ..module_utils._jobs import STATUS_NUMBERS, STATUSES

    found = []
    for entry in several(value):
        name = re.sub(r"^jobstat_", "", entry.lower())
        if re.fullmatch(r"[0-9]{1,3}", name) and int(name) in STATUSES:
            name = STATUSES[int(name)][0]
        if name not in STATUS_NUMBERS:
            raise Unclear(f"has {shown(entry)}, which is none of {', '.join(STATUS_NUMBERS)}, nor the number of one")
        found.append(name)
    return found


def states(value: t.Any) -> t.List[str]:
    """Return states."""
    from ..module_utils._jobs import STATES

    found = [entry.lower() for entry in several(value)]
    for entry in found:
        if entry not in STATES:
            raise Unclear(f"has {shown(entry)}, which is none of {', '.join(STATES)}")
    return found


def pattern(value: t.Any) -> str:
    """Return a regular expression. Of a number, it is not known as what it was written."""
    if isinstance(value, int):
        raise Unclear(f"must be text, in quotes, not {shown(value)}")
    given = text(value)
    if CONTROL.search(given):
        raise Unclear("must be one line")
    try:
        re.compile(given)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise Unclear(f"must be a regular expression, not {shown(given)}: {error}") from error
    return given


def identifier(value: t.Any) -> str:
    """Return an id, such as that of a workspace."""
    given = text(value)
    if JOB_ID.fullmatch(given) is None:
        raise Unclear(f"must be an ID, which is 1 to 64 of A-Z, a-z, 0-9, _ and -, not {shown(given)}")
    return given


def names_or_ids(value: t.Any) -> t.List[t.Union[str, int]]:
    """Return what may be the names or ids of jobs. A whole number stays one: YAML may have made it of something else."""
    given = list(value) if isinstance(value, (list, tuple)) else [value]
    numbers = [int(one) for one in given if isinstance(one, int) and not isinstance(one, bool)]
    others = [one for one in given if isinstance(one, bool) or not isinstance(one, int)]
    entries = several(others) if others else []
    for entry in entries:
        if JOB_ID.fullmatch(entry) is None:
            raise Unclear(f"has {shown(entry)}, which can be neither the name nor the ID of a job")
    return [*entries, *dict.fromkeys(numbers)]


def action(value: t.Any) -> str:
    """Return what is done with the jobs."""
    if value not in ("delete", "stop"):
        raise Unclear(f"must be delete or stop, not {shown(value)}")
    return str(value)


def yes_or_no(value: t.Any) -> bool:
    """Return a boolean."""
    try:
        return bool(boolean(text(value) if not isinstance(value, bool) else value))
    except TypeError as error:
        raise Unclear(f"must be true or false, not {shown(value)}") from error


def seconds(value: t.Any) -> int:
    """Return a time in whole seconds."""
    given = text(value)
    if not re.fullmatch(r"[0-9]{1,9}", given) or int(given) < 1:
        raise Unclear(f"must be a whole number of seconds, at least 1, not {shown(given)}")
    return int(given)


def price(value: t.Any) -> float:
    """Return a price."""
    if isinstance(value, float) and math.isfinite(value) and 0 <= value < 10**9:
        return float(value)
    if isinstance(value, float) or not PRICE.fullmatch(text(value)):
        raise Unclear(f"must be a number such as 0.35, not {shown(value)}")
    return float(text(value))


def path(value: t.Any) -> str:
    """Return the path of a file that does not depend on where Ansible was started."""
    given = text(value)
    if not given.startswith(("/", "~/")) or given.endswith(("/", "/.", "/..")) or CONTROL.search(given):
        raise Unclear(f"must be the absolute path of a file, not {shown(given)}")
    return given


READERS: t.Dict[str, Read] = {
    "older_than": duration,
    "status": statuses,
    "state": states,
    "name": pattern,
    "keep": names_or_ids,
    "workspace_id": identifier,
    "action": action,
    "force": yes_or_no,
    "timeout": seconds,
    "report_json": path,
    "report_html": path,
    "price_per_hour": price,
}


# --- reports that can be written ---------------------------------------------------------------------------------


def unwritable(asked: Asked, looks: t.Sequence[Seen], tries: t.Sequence[Seen], touched: t.Sequence[Seen] = ()) -> t.List[str]:
    """Return the errors about reports that cannot be written.

    :param looks: what C(stat) says of each of the ``files``.
    :param tries: what C(tempfile) says of each of the ``folders``. To be allowed to write somewhere is not to be able to.
    :param touched: what C(file) says of touching each of the ``files`` that is there: one of somebody else cannot be replaced.
    """
    names = [name for name in REPORTS if asked[name]]
    if len(looks) != len(names) or len(tries) != len(names):
        return ["Where the reports are to go was not looked at"]
    errors = []
    places = {(posixpath.dirname(one.get("path") or name), posixpath.basename(asked[name])) for one, name in zip(tries, names)}
    if len(places) < len(names):
        errors.append(f"{PREFIX}report_json and {PREFIX}report_html are the same file")
    for number, name in enumerate(names):
        stat, made = looks[number].get("stat"), tries[number].get("path")
        if number < len(touched) and touched[number].get("msg") and not touched[number].get("skipped"):
            errors.append(f"{PREFIX}{name}: {asked[name]} cannot be replaced: {touched[number].get('msg')}")
        if not made:
            reason = tries[number].get("msg") or "no file can be made there"
            errors.append(f"{PREFIX}{name}: the folder {posixpath.dirname(asked[name])} cannot be written to: {reason}")
        elif stat is None or (stat.get("exists") and not stat.get("isreg")):
            errors.append(f"{PREFIX}{name}: {asked[name]} is there, and is no file")
    return errors


# --- which jobs are chosen ---------------------------------------------------------------------------------------


def select(met: Seen, known: Seen, asked: Asked, files: t.Sequence[Seen]) -> t.Dict[str, t.Any]:
    """Return what :func:`choose` does, where all that comes before it has gone well. Raises :class:`Unclear` where not.

    A task that stops the role may be ignored, as whoever includes it can say so; nothing may be chosen then.

    :param met: the result of the task that listed the jobs that meet the criteria. ``known``: of that which listed all.
    :param files: the results of the tasks that tried where the reports are to go: C(stat), C(tempfile), C(file).
    """
    looks, tries, touched = (*(one.get("results") or [] for one in files), [], [], [])[:3]
    problems = [*asked["errors"], *unwritable(asked, looks, tries, touched)]
    unread = [one for one in (met, *([known] if asked["keep"] is not None else [])) if one.get("failed") or "jobs" not in one]
    if problems or unread:
        raise Unclear(f"Nothing was done. {'. '.join(problems) or 'The jobs could not be listed'}.")
    return choose(met["jobs"], known.get("jobs") or [], asked)


def choose(met: t.Sequence[Job], known: t.Sequence[Job], asked: Asked) -> t.Dict[str, t.Any]:
    """Return which jobs are ``chosen``, which are ``kept``, and the entries of C(keep) that name none, ``keep_unknown``.

    A job whose name the API does not tell may be one that is to be kept.

    :param met: the jobs that meet all criteria but that about the name.
    :param known: the jobs of the workspace, where there is something to keep.

    Raises :class:`Unclear` where an entry of C(keep) is the name of a job but for its case, and where a name is masked.
    """
    check_unmasked([*met, *known], "job_id" if asked["name"] is None and asked["keep"] is None else "job_name")
    name = re.compile(asked["name"]) if asked["name"] is not None else None
    meeting = [job for job in met if name is None or name.fullmatch(job["job_name"] or "")]
    keep = asked["keep"] or ()
    check_case(keep, [*met, *known])
    kept = [job for job in meeting if keep and (not job["job_name"] or any(names(entry, job) for entry in keep))]
    return {
        "chosen": [job for job in meeting if job not in kept],
        "kept": kept,
        "keep_unknown": [entry for entry in keep if not any(names(entry, job) for job in [*met, *known])],
    }


def check_unmasked(jobs: t.Iterable[Job], field: str) -> None:
    """Raise :class:`Unclear` where a secret of the task hides a part of what tells jobs apart."""
    if any(MASK in (job["job_id"] or "") or MASK in (job[field] or "") for job in jobs):
        why = "a secret of this task, or the user of a proxy, is a part of a job's name or ID, which is masked for that reason"
        raise Unclear(f"Nothing was done. It cannot be told which jobs are meant: {why}.")


def check_case(keep: t.Iterable[t.Union[str, int]], jobs: t.Sequence[Job]) -> None:
    """Raise :class:`Unclear` where an entry of C(keep) names no job, but would if it were written in another case."""
    for entry in keep:
        if isinstance(entry, str) and not any(names(entry, job) for job in jobs):
            near = next((job["job_name"] for job in jobs if (job["job_name"] or "").lower() == entry.lower()), None)
            if near is not None:
                raise Unclear(f"Nothing was done. {PREFIX}keep has {shown(entry)}, but the job is called {shown(near)}.")


def names(entry: t.Union[str, int], job: Job) -> bool:
    """Tell whether an entry of C(keep) names a job: by its id or its name, or as the number that YAML makes of one of them."""
    own = (job["job_id"], job["job_name"])
    return entry in own if isinstance(entry, str) else any(as_number(one) == entry for one in own)


def as_number(value: t.Optional[str]) -> t.Optional[int]:
    """Return the whole number that YAML makes of a text, such as 202411 of 2024_11; ``None`` where it makes none."""
    import yaml

    if value is None or not re.fullmatch(r"[-0-9a-fA-Fx_]+", value):
        return None
    try:
        number = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):
        return None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


# --- what else reaches the tasks of the role ---------------------------------------------------------------------


def foreign_defaults(
    module_defaults: t.Any,
    applying: t.Container[str],
    given: t.Container[str],
    aliases_of: t.Mapping[str, t.Sequence[str]],
    account: t.Iterable[str],
    hiding: t.Collection[str],
) -> t.Optional[str]:
    """Return why what C(module_defaults) gives to a task of the role is in the way; ``None`` where it is not.

    An option that the task leaves out with C(omit) is left out, also where a default is given for it: then the role would work
    in another account. And what selects jobs would hide some from the role.

    :param module_defaults: all that there are, the outermost first.
    :param applying: what those begin with that are for the module: its name, and the groups that it is in.
    :param given: the options that the task comes to have.
    :param aliases_of: the options of the module, each with its aliases.
    :param account: those about the connection and the workspace.
    :param hiding: those, with their aliases, that make a list of jobs shorter; empty for a task that lists none.
    """
    defaults: t.Set[str] = set()
    for one in module_defaults or []:
        for key, options in one.items():
            if key in applying:
                defaults.update(options if isinstance(options, dict) else [TEMPLATE] if options else [])
    stronger = sorted(alias for name, aliases in aliases_of.items() if name in given for alias in aliases if alias in defaults)
    if stronger:
        return f"module_defaults gives {', '.join(stronger)}, which would be stronger than what this role gives"
    masked = [name for name in account if defaults & {name, *aliases_of[name]} and name not in given]
    if masked:
        instead = ", ".join(PREFIX + name for name in masked)
        return f"module_defaults gives {', '.join(masked)}, which does not reach the tasks of this role: set {instead}"
    shorter = sorted(defaults & {*hiding, TEMPLATE}) if hiding else []
    return f"module_defaults gives {', '.join(shorter)}, with which this role would not see every job" if shorter else None
