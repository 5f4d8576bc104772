"""The routes behind the tab Evaluate: reports of a configured folder, read only, and nothing beside them."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from b12assistant.errors import DatasetError
from b12assistant.evaluation.report_view import view
from b12assistant.evaluation.reports import Reports
from b12assistant.web.http_transport import BoundedRoute, JsonResponse
from b12assistant.web.problems import Problem, ProblemError

ROOT = "/reports"


def report_router(reports: Reports) -> APIRouter:
    router = APIRouter(route_class=BoundedRoute, redirect_slashes=False, include_in_schema=False)

    @router.get(ROOT)
    def listed() -> Response:
        found = [
            {"name": each.name, "made": each.made.isoformat(timespec="minutes"), "files": list(each.files)}
            for each in reports.listed()
        ]
        return JsonResponse({"reports": found, "folder": reports.folder.name})

    @router.get(f"{ROOT}/{{name}}")
    def report(name: str) -> Response:
        try:
            return JsonResponse(view(reports.read(name)))
        except DatasetError as error:
            raise ProblemError(
                Problem(422, error.code, f"{error.message[:1].upper()}{error.message[1:]}.", error.hint)
            ) from error

    @router.get(f"{ROOT}/{{name}}/{{file}}")
    def download(name: str, file: str) -> Response:
        """Always saved, never shown: a page in it does not become one of ours."""
        data = reports.file(name, file)
        headers = {"content-disposition": f'attachment; filename="{_ascii(name)}-{_ascii(file)}"'}
        return Response(data, 200, headers, "application/octet-stream")

    return router


def _ascii(name: str) -> str:
    return name.encode("ascii", "replace").decode().replace("?", "_")
