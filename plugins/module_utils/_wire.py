# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that keep time: nothing that is done on one lasts longer than the request that it is done for.

``requests`` and ``urllib3`` bound each wait for a packet, but neither the look-up of a name, nor all addresses of a host
together, nor an answer that comes drop by drop. All moments here are on the system's monotonic clock, in seconds.
"""

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations

import errno
import http.client
import io
import queue
import socket
import typing as t
from time import monotonic

from ._clock import in_background

try:
    from requests.adapters import HTTPAdapter
    from requests.utils import get_auth_from_url
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, Timeout
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.exceptions import HTTPError, NewConnectionError
except ImportError as error:
    REQUESTS_IMPORT_ERROR: t.Optional[ImportError] = error
else:
    REQUESTS_IMPORT_ERROR = None

Result = t.TypeVar("Result")

MOST_BYTES = 32 * 1024 * 1024  # of one answer with all that surrounds it; no answer that is accepted comes near


class LookupTimeout(socket.timeout):
    """The name of a host was not looked up in time."""


class TimedReader(io.RawIOBase):
    """Reads from a socket until a moment, at most, however little comes at a time."""

    def __init__(self, sock: socket.socket, end: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._end = end
        self._left = MOST_BYTES

    def readable(self) -> bool:
        """Tell that this can be read from."""
        return True

    def readinto(self, buffer: t.Any) -> t.Optional[int]:
        """Read what there is, or wait for it, but not past the end."""
        remaining = self._end - monotonic()
        if remaining <= 0:
            raise socket.timeout("timed out")
        self._sock.settimeout(remaining)
        if isinstance(self._sock, socket.socket):
            number = self._raw.readinto(buffer)
        else:  # TLS in TLS: one read is many, each with the time-out
            number = in_time(lambda: self._raw.readinto(buffer), remaining)
        self._left -= number or 0
        if self._left < 0:
            raise OSError("The answer is too long.")
        return number

    def close(self) -> None:
        """Let go of the socket."""
        if not self.closed:
            self._raw.close()
        super().close()


class TimedResponse(http.client.HTTPResponse):
    """An answer that has to be there, head and body, within the time-out that its socket has now.

    The time-out of a socket begins anew with each byte that comes; this does not.
    """

    def __init__(self, sock: socket.socket, *args: t.Any, **options: t.Any) -> None:
        super().__init__(sock, *args, **options)
        seconds = sock.gettimeout()
        if seconds is not None:
            self.fp.close()
            self.fp = io.BufferedReader(TimedReader(sock, monotonic() + seconds))

    def begin(self) -> None:
        """Read the head. After one that only announces the answer (1xx), the connection is good for no other request."""
        super().begin()
        if self.status < 200:
            self.will_close = True


def in_time(task: t.Callable[[], Result], seconds: float) -> Result:
    """Return what a task returns, or raise what it raises, but wait no longer than this for it.

    What nobody waits for any more ends by itself, in a thread that does not keep the program from ending.
    Raises :class:`socket.timeout`, and :class:`OSError` where no thread can be started.
    """
    outcomes: queue.SimpleQueue[t.Callable[[], Result]] = queue.SimpleQueue()

    def run() -> None:
        try:
            result = task()
        except (OSError, http.client.HTTPException, HTTPError, ValueError) as error:
            outcomes.put(raiser(error))
        else:
            outcomes.put(lambda: result)

    try:
        in_background(run)
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, "this machine starts no more threads") from error
    try:
        outcome = outcomes.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise socket.timeout("timed out") from None
    return outcome()


def raiser(error: Exception) -> t.Callable[[], t.NoReturn]:
    """Return what raises an error when it is called."""

    def throw() -> t.NoReturn:
        raise error

    return throw


def reach(host: str, port: int, seconds: float, options: t.Iterable[t.Tuple[t.Any, ...]]) -> socket.socket:
    """Return a socket connected to the first address of a host that answers, each getting its share of the time left.

    Raises :class:`OSError` where none does: :class:`LookupTimeout`, :class:`socket.gaierror`, :class:`socket.timeout`, ...
    """
    end = monotonic() + seconds
    try:
        addresses = in_time(lambda: socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM), seconds)
    except socket.timeout as error:
        raise LookupTimeout("timed out") from error
    failure: OSError = socket.timeout("timed out")
    for tried, (family, kind, protocol, dummy, address) in enumerate(addresses):
        share = (end - monotonic()) / (len(addresses) - tried)
        if share <= 0:
            break
        try:
            return connected(socket.socket(family, kind, protocol), address, share, options)
        except OSError as error:
            failure = error
    raise failure


def connected(sock: socket.socket, address: t.Any, seconds: float, options: t.Iterable[t.Tuple[t.Any, ...]]) -> socket.socket:
    """Return the socket, connected to an address; where that fails it is closed. Raises :class:`OSError`."""
    try:
        for option in options:
            sock.setsockopt(*option)
        sock.settimeout(seconds)
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


if REQUESTS_IMPORT_ERROR is None:

    class NotConnected(NewConnectionError):
        """No connection came about, not even where a proxy or TLS is a part of it: nothing of the request was sent."""

    class Until(Timeout):
        """The moment at which a request has to be over: connecting, passing a proxy, TLS, and the answer together."""

        def __init__(self, end: float) -> None:
            super().__init__()
            self._end = end

        def clone(self) -> Until:
            """Return the same moment again."""
            return Until(self._end)

        @property
        def connect_timeout(self) -> float:
            """Return the seconds left; never zero, which would mean not to wait at all."""
            return max(0.001, self._end - monotonic())

        @property
        def read_timeout(self) -> float:
            """Return the seconds left."""
            return max(0.0, self._end - monotonic())

    class TimedConnection(HTTPConnection):
        """A connection whose failures tell whether it had come about, and whose answers are timed."""

        response_class = TimedResponse

        def connect(self) -> None:
            """Connect, through a proxy and with TLS where they are needed. Raises :class:`NotConnected`."""
            way = getattr(self, "proxy", None)
            try:
                if way is not None and way.scheme == "https":
                    in_time(super().connect, self.seconds())  # TLS in TLS: its handshake is many reads, each with the time-out
                else:
                    super().connect()
            except (OSError, http.client.HTTPException, HTTPError, ValueError) as error:
                self.close()
                raise NotConnected(self, f"no connection ({type(error).__name__})") from error

        def putrequest(self, *args: t.Any, **options: t.Any) -> None:
            """Begin a request; what a request before this one has left of its time does not matter."""
            if self.sock is not None:
                self.sock.settimeout(self.seconds())
            super().putrequest(*args, **options)

        def seconds(self) -> float:
            """Return the seconds that the request has."""
            return self.timeout if isinstance(self.timeout, (int, float)) else 60.0

    class DirectConnection(TimedConnection):
        """A connection to the host, or to an HTTP proxy."""

        def _new_conn(self) -> socket.socket:
            end = monotonic() + self.seconds()
            host = self._dns_host.strip("[]")
            sock = reach(host, self.port or self.default_port, self.seconds(), self.socket_options or ())
            sock.settimeout(max(0.001, end - monotonic()))
            return sock

    class DirectTlsConnection(DirectConnection, HTTPSConnection):
        """The same with TLS."""

    class DirectPool(HTTPConnectionPool):
        """Connections to one host."""

        ConnectionCls = DirectConnection

    class DirectTlsPool(HTTPSConnectionPool):
        """Connections to one host, with TLS."""

        ConnectionCls = DirectTlsConnection

    DIRECT = {"http": DirectPool, "https": DirectTlsPool}

    class DirectManager(PoolManager):
        """Connections to the hosts themselves."""

        def __init__(self, *args: t.Any, **options: t.Any) -> None:
            super().__init__(*args, **options)
            self.pool_classes_by_scheme = DIRECT

    class HttpProxyManager(ProxyManager):
        """Connections through an HTTP proxy."""

        def __init__(self, *args: t.Any, **options: t.Any) -> None:
            super().__init__(*args, **options)
            self.pool_classes_by_scheme = DIRECT

    class TimedAdapter(HTTPAdapter):
        """Sends through connections that keep time."""

        def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: t.Any) -> None:
            """Make what holds the connections to hosts."""
            self._sizes = {"num_pools": connections, "maxsize": maxsize, "block": block}
            self.poolmanager = DirectManager(**self._sizes, **options)

        def proxy_manager_for(self, proxy: str, **options: t.Any) -> t.Any:
            """Return what holds the connections through a proxy."""
            if proxy not in self.proxy_manager:
                self.proxy_manager[proxy] = self._proxy_manager(proxy, **options)
            return self.proxy_manager[proxy]

        def _proxy_manager(self, proxy: str, **options: t.Any) -> t.Any:
            if not proxy.lower().startswith("socks"):
                return HttpProxyManager(proxy, proxy_headers=self.proxy_headers(proxy), **self._sizes, **options)
            username, password = get_auth_from_url(proxy)
            return socks_manager()(proxy, username=username, password=password, **self._sizes, **options)

    def socks_manager() -> t.Callable[..., PoolManager]:
        """Return the class of what holds the connections through a SOCKS proxy; needs PySocks."""
        from urllib3.contrib.socks import SOCKSConnection, SOCKSHTTPSConnection, SOCKSProxyManager

        class SocksConnection(TimedConnection, SOCKSConnection):
            def _new_conn(self) -> socket.socket:
                end = monotonic() + self.seconds()
                sock: socket.socket = in_time(super()._new_conn, self.seconds())
                sock.settimeout(max(0.001, end - monotonic()))
                return sock

        class SocksTlsConnection(SocksConnection, SOCKSHTTPSConnection):
            pass

        class SocksPool(HTTPConnectionPool):
            ConnectionCls = SocksConnection

        class SocksTlsPool(HTTPSConnectionPool):
            ConnectionCls = SocksTlsConnection

        class SocksManager(SOCKSProxyManager):
            def __init__(self, *args: t.Any, **options: t.Any) -> None:
                super().__init__(*args, **options)
                self.pool_classes_by_scheme = {"http": SocksPool, "https": SocksTlsPool}

        return SocksManager
