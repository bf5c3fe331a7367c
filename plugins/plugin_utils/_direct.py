# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Direct execution: a task in Ansible's own process, with no file to build, copy and start.

The module of the same name is what runs wherever anything speaks against that; see :func:`obstacle`.
"""

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
import signal
import sys
import threading
import time
import typing as t
import warnings
from dataclasses import dataclass, replace

from ansible import constants as C  # noqa: N812
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as ModuleAction
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils import _clock

if t.TYPE_CHECKING:
    from ..module_utils import _module

Variables = t.Mapping[str, t.Any]
Result = t.Dict[str, t.Any]

SWITCH = "otc_modelarts_direct"
OF_PRUNE = "__prune_task"  # a variable that the tasks of the role have
DISCOVERY = ("auto", "auto_silent", "auto_legacy", "auto_legacy_silent")
PATIENCE = 5.0  # seconds for which a request in flight is waited for, once the task has been ended
FIRST_SIGN = 5.0  # seconds until the first sign of life
LONGEST_SIGN_PAUSE = 30.0  # seconds
SIGN_GROWTH = 1.5
LOOK_PAUSE = 0.2  # seconds between two looks for the process that started this one

display = Display()


def imported(*names: str) -> bool:
    """Tell whether libraries can be imported. One that breaks while it is, however that may be, breaks nothing else."""
    quiet = io.StringIO()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(quiet), contextlib.redirect_stdout(quiet):
            warnings.simplefilter("ignore")
            for name in names:
                __import__(name)
    except (Exception, SystemExit):  # noqa: BLE001  # it is not our code, and the task can go another way
        return False
    return True


def imported_anew(name: str, places: str) -> bool:
    """Tell the same of openstacksdk, which settles where its files are when it is imported: that may have been elsewhere."""
    before = sys.modules.get(places)
    if before is not None:
        importlib.reload(before)
    return imported(name)


# Ansible loads this file once, in the process that starts all the others: what is imported here, no task pays for again.
HERE = imported("requests.adapters") and imported(f"{__package__.rsplit('.', 1)[0]}.module_utils._module")
if HERE:
    from ..module_utils import _http, _messages, _module, _settings


# --- where a task runs: pure -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where and how a task is asked to run. ``interpreter``: the Python that the module would use, as far as it is set."""

    connection: str = "local"
    become: bool = False
    asynchronous: bool = False
    platform: str = "linux"
    interpreter: t.Optional[str] = None
    own_interpreter: str = ""
    switched_on: bool = True
    libraries: bool = True
    main_thread: bool = True


def obstacle(place: Place, real: t.Callable[[str], str] = os.path.realpath) -> str:
    """Return why a task has to run as a module; nothing where it may run here.

    :param real: returns where a path leads, all links followed.
    """
    reasons = {
        f"the variable {SWITCH} is false": not place.switched_on,
        f"the connection is {place.connection}": place.connection not in ("local", "ansible.builtin.local"),
        "it becomes another user": place.become,
        "it is asynchronous": place.asynchronous,
        "a forked process on macOS may not ask for proxies": place.platform == "darwin",
        f"its Python is {place.interpreter}": not same_python(place.interpreter, place.own_interpreter, real),
        "its libraries cannot be imported here": not place.libraries,
        "it is not in the main thread": not place.main_thread,
    }
    return next((reason for reason, so in reasons.items() if so), "")


def same_python(wanted: t.Optional[str], own: str, real: t.Callable[[str], str]) -> bool:
    """Tell whether a task may use our Python: where none is set, or where it is the same file in the same folder.

    Two environments may link to one file; which of them a Python belongs to, its folder tells.
    """
    if not wanted or wanted in DISCOVERY:
        return True
    return bool(own) and real(wanted) == real(own) and real(os.path.dirname(wanted)) == real(os.path.dirname(own))


# --- what a task brings ------------------------------------------------------------------------------------------


def plain(value: t.Any) -> t.Any:
    """Return a value as a module would get it: made of what JSON has, without tags, vaults decrypted."""
    if isinstance(value, dict):
        return {plain_text(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return plain_text(value)


def plain_text(value: t.Any) -> str:
    """Return a value as text of the plainest type."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else "".join(str(value))


@contextlib.contextmanager
def surroundings(environment: t.Mapping[str, str], folder: str) -> t.Iterator[io.StringIO]:
    """Let a task have its environment and its folder for a while; give what is written to stderr meanwhile."""
    before, before_folder, before_logging = dict(os.environ), folder, logging.root.manager.disable
    with contextlib.suppress(OSError):  # it may be gone
        before_folder = os.getcwd()
    written = io.StringIO()
    try:
        os.environ.update(environment)
        os.chdir(folder)
        logging.disable(logging.CRITICAL)  # what libraries log would reach Ansible's own log, secrets included
        with warnings.catch_warnings(), contextlib.redirect_stderr(written):
            yield written
    finally:
        logging.disable(before_logging)
        os.environ.clear()
        os.environ.update(before)
        with contextlib.suppress(OSError):  # who started Ansible there may not be who it runs as
            os.chdir(before_folder)


def signs(over: t.Callable[[float], bool], now: t.Callable[[], float], show: t.Callable[[float], None]) -> None:
    """Show how far a task is from time to time, until it is over: first after 5 s, then with pauses that grow to 30 s.

    :param over: waits for so many seconds at most, and tells whether the task is over.
    :param show: is called with the seconds that have passed.
    """
    pause, begin = FIRST_SIGN, now()
    while not over(pause):
        show(now() - begin)
        pause = min(pause * SIGN_GROWTH, LONGEST_SIGN_PAUSE)


STARTED_BY: t.Dict[int, int] = {}  # of this process, and of those that it was forked from: the parent at the first task


def orphaned() -> bool:
    """Tell whether the process that started this one is gone, and another has taken its place: nobody reads results any more.

    One process does all rounds of a loop, and all tries of a task.
    """
    return STARTED_BY.setdefault(os.getpid(), os.getppid()) != os.getppid()


def end_alone(over: t.Callable[[float], bool], alone: t.Callable[[], bool], end: t.Callable[[], None]) -> None:
    """End the process once it is alone: a module that it has started would go on.

    :param over: waits for so many seconds at most, and tells whether the task is over.
    """
    while not over(LOOK_PAUSE):
        if alone():
            end()
            return


def terminate() -> None:
    """End this process, and what runs in its process group, as Ansible has it end."""
    os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def beside(work: t.Callable[..., None], *arguments: t.Any) -> t.Iterator[None]:
    """Do something beside what is done here: C(work) is given what tells it when this is over, and what else it needs.

    Where no thread can be started for it, it is not done.
    """
    over = threading.Event()
    threads = []
    with contextlib.suppress(RuntimeError):
        threads.append(_clock.in_background(lambda: work(over.wait, *arguments)))
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


class TimedOut(AnsibleActionFail):  # type: ignore[misc]  # ansible-core has no types
    """The C(timeout) of a task is over: a failure that was returned would be tried again. Its result tells what was done."""

    def as_task_result(self, utr: t.Any) -> t.Any:
        """Have newer cores count what was changed, which older ones read from the result."""
        told = super().as_task_result(utr)
        told.changed = bool(self.result.get("changed"))
        return told


# --- the action --------------------------------------------------------------------------------------------------


class DirectAction(ModuleAction):  # type: ignore[misc]  # ansible-core has no types
    """Runs a task here, or as the module of the same name. ``description``: what describes the module in ``_module``."""

    description = ""

    def run(self, tmp: t.Any = None, task_vars: t.Optional[Variables] = None) -> Result:
        """Run the task, and return its result; where nobody would read it, end the process."""
        if orphaned():
            terminate()
        variables = dict(task_vars or {})
        raw_environment: t.Dict[t.Any, t.Any] = {}
        self._compute_environment_string(raw_environment)
        environment = {plain_text(name): plain_text(value) for name, value in raw_environment.items()}
        arguments = plain(self._task.args)
        misled = self._foreign_defaults(arguments) if variables.get(OF_PRUNE) else None
        if misled:
            return {"failed": True, "changed": False, "msg": f"Nothing was done. {misled}."}
        why = obstacle(self._place(variables, arguments, environment))
        if why:
            display.vvv(f"{self._task.action} runs as a module: {why}.", host=self._host_name(variables))
            with beside(end_alone, orphaned, terminate):
                result: Result = super().run(tmp, task_vars)
            return result
        display.vvv(f"{self._task.action} runs in this process.", host=self._host_name(variables))
        return self._run_here(arguments, environment, variables)

    def _foreign_defaults(self, arguments: Variables) -> t.Optional[str]:
        """Return why what C(module_defaults) gives to this task, which is one of the role prune, is in the way."""
        from ..module_utils import _module
        from . import _prune

        spec = getattr(_module, self.description).spec["argument_spec"]
        aliases_of = {name: rule.get("aliases", ()) for name, rule in spec.items()}
        account = (*_module.connection_options(), "workspace_id")
        selectors = (*_module.SELECTORS, "limit") if self.description == "INFO" else ()
        hiding = {name for own in selectors if own not in account for name in (own, *aliases_of.get(own, ()))}
        action = self._task.resolved_action or self._task.action
        groups = self._task._parent._play._action_groups.get(action, ())  # as Ansible itself looks them up
        applying = {action, *(f"group/{group}" for group in groups)}
        return _prune.foreign_defaults(self._task.module_defaults, applying, arguments, aliases_of, account, hiding)

    def _place(self, variables: Variables, arguments: Variables, environment: t.Mapping[str, str]) -> Place:
        """Return where and how the task is asked to run."""
        in_cloud = arguments.get("cloud") or environment.get("OS_CLOUD") or os.environ.get("OS_CLOUD")
        place = Place(
            connection=self._connection.transport,
            become=bool(self._play_context.become or self._connection.become),
            asynchronous=bool(self._task.async_val),
            platform=sys.platform,
            interpreter=self._interpreter(variables),
            own_interpreter=sys.executable or "",
            switched_on=self._switched_on(variables),
            main_thread=threading.current_thread() is threading.main_thread(),
        )
        if obstacle(place):
            return place  # what it would need here does not matter
        with surroundings(environment, self._loader.get_basedir()):
            libraries = HERE and (not in_cloud or imported_anew("openstack.config", "openstack.config.loader"))
        return replace(place, libraries=libraries)

    def _switched_on(self, variables: Variables) -> bool:
        value = self._templar.template(variables.get(SWITCH, True))
        try:
            return bool(boolean(value))
        except TypeError as error:
            raise AnsibleActionFail(f"The variable {SWITCH} must be true or false.") from error

    def _interpreter(self, variables: Variables) -> t.Optional[str]:
        """Return the Python that is set for the host where the task runs."""
        host = self._task.delegate_to
        own = variables.get("ansible_delegated_vars", {}).get(host, {}) if host else variables
        if own.get("ansible_python_interpreter") is not None:
            return str(self._templar.template(own["ansible_python_interpreter"])).strip()
        return str(C.config.get_config_value("INTERPRETER_PYTHON", variables=dict(own)) or "").strip()

    def _host_name(self, variables: Variables) -> str:
        return str(self._task.delegate_to or variables.get("inventory_hostname", "localhost"))

    def _run_here(self, given: Variables, environment: t.Mapping[str, str], variables: Variables) -> Result:
        """Run the task in this process."""
        task: _module.Task = getattr(_module, self.description)
        rules = {name: rule for name, rule in task.spec.items() if name != "argument_spec"}
        ends: t.List[int] = []
        with surroundings(environment, self._loader.get_basedir()) as written:
            # In these surroundings too: secrets stand in variables, and paths may begin with ~ or one of them.
            arguments = _module.Arguments(given, task.spec["argument_spec"])
            validation = ArgumentSpecValidator(task.spec["argument_spec"], **rules).validate(dict(arguments.shown))
            params = validation.validated_parameters
            if validation.error_messages:
                result: Result = {"failed": True, "changed": False, "msg": self._refusal(validation.errors)}
            else:
                result = self._perform(task, arguments.real(params), arguments.given, variables, ends)
            if written.getvalue():
                mask = _http.masker(_settings.secrets_given(arguments.given, os.environ))
                display.vvv(mask(written.getvalue()), host=self._host_name(variables))
        both = [f"Both option {one['option']} and its alias {one['alias']} are set." for one in validation._warnings]
        if both:
            result["warnings"] = [*both, *result.get("warnings", [])]
        if self._shows_invocation(variables):
            result["invocation"] = remove_values({"module_args": params}, validation._no_log_values)
        if signal.SIGALRM in ends and result.get("failed"):
            raise self._timed_out(result)
        return result

    def _perform(
        self, task: _module.Task, params: Variables, given: Variables, variables: Variables, ends: t.List[int]
    ) -> Result:
        """Do the task, showing a sign of life where it takes long. ``ends`` comes to hold the signals that ended it."""
        jobs: t.List[t.Any] = []
        host = self._host_name(variables)

        def show(seconds: float) -> None:
            if not self._task.no_log:
                line = f"WAITING on {host}: {_messages.so_far(jobs, seconds, params['wait_timeout'])}"
                display.display(line, color=C.COLOR_DEBUG, stderr=True)

        interruptible = _clock.interruptible(orphaned, _clock.ENDING, PATIENCE, ends)
        with interruptible as clock, beside(signs, time.monotonic, show):
            result = _module.perform(task, params, self._task.check_mode, clock, _http.Transport, given, jobs.extend)
        for number in set(ends) - {signal.SIGALRM}:
            os.kill(os.getpid(), number)  # the play is over: nobody reads results any more, and to send one would block
        if orphaned():
            terminate()
        return result

    def _refusal(self, errors: t.Any) -> str:
        """Return why the options were refused, as a module says it."""
        unsupported = isinstance(errors[0], UnsupportedError)
        return f"Unsupported parameters for ({self._task.action}) module: {errors.msg}" if unsupported else str(errors.msg)

    def _shows_invocation(self, variables: Variables) -> bool:
        """Tell whether this core lets modules tell how they were called."""
        try:
            return bool(C.config.get_config_value("INJECT_INVOCATION", variables=dict(variables)))
        except (AnsibleError, KeyError):
            return True  # a core that does not know the setting does

    def _timed_out(self, result: Result) -> TimedOut:
        """Return what tells that C(timeout) was over."""
        message = f"The timeout of this task ({self._task.timeout} s) is over. {result['msg']}"
        hidden = {"_ansible_no_log": True} if self._task.no_log else {}
        error = TimedOut(message, result={**result, "msg": message, **hidden})
        error.result.pop("exception", None)
        error.result.update(wrap_var(dict(error.result)))  # older cores take the texts of an error for templates
        return error
