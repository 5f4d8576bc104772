"""Whether a request comes from this machine itself: what may change or tell something is for whoever sits at it."""

from __future__ import annotations

from ipaddress import ip_address

from starlette.requests import Request

from b12assistant.web.policy import LOOPBACK
from b12assistant.web.problems import Problem, ProblemError

_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def is_local(request: Request) -> bool:
    """Its sender is a loopback address that asks for one, and no proxy passed it on for somebody else."""
    if request.client is None or any(name in request.headers for name in _PASSED_ON):
        return False
    if request.url.hostname not in LOOPBACK:  # a name that others reach it by: a proxy that does not say so
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def require_local(request: Request) -> None:
    """Raises a problem for anybody else."""
    if not is_local(request):
        hint = "open the page on the machine that the server runs on"
        raise ProblemError(Problem(403, "not_local", "This is for whoever sits at the server alone.", hint))
