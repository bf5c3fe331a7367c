# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error answers of ModelArts, the gateway and IAM, in all the shapes in which they come."""

from __future__ import annotations

import typing as t

from settings import Settings

Json = t.Dict[str, t.Any]

# code: (HTTP status, message). APIGW stands for whichever prefix the gateway has.
KNOWN: t.Dict[str, t.Tuple[int, str]] = {
    "ModelArts.0015": (404, "The resource does not exist."),
    "ModelArts.0101": (400, "Invalid parameter."),
    "ModelArts.0102": (400, "The workspace does not exist."),
    "ModelArts.0103": (400, "The name already exists."),
    "ModelArts.0104": (400, "The parameter is out of range."),
    "ModelArts.0105": (400, "The operation is not allowed in the present status."),
    "ModelArts.0108": (403, "You do not have the permission to call this API."),
    "ModelArts.0201": (401, "The token is missing."),
    "ModelArts.0210": (403, "The token does not match the project."),
    "ModelArts.2775": (400, "The training job is not found."),
    "ModelArts.2786": (404, "The project does not match."),
    "APIGW.0101": (404, "The API does not exist or has not been published in the environment."),
    "APIGW.0301": (401, "Incorrect IAM authentication information."),
    "APIGW.0307": (401, "The token has expired."),
    "APIGW.0308": (429, "The throttling threshold has been reached."),
}
MISSING: t.Dict[str, t.Tuple[int, str]] = {
    "0015": (404, "ModelArts.0015"),
    "0015_in_200": (200, "ModelArts.0015"),
    "2775": (400, "ModelArts.2775"),
    "0101": (400, "ModelArts.0101"),
    "0102": (400, "ModelArts.0102"),
    "0103": (400, "ModelArts.0103"),
    "0104": (400, "ModelArts.0104"),
    "0105": (400, "ModelArts.0105"),
    "unknown404": (404, "ModelArts.9999"),
}


class ErrorAnswer(Exception):
    """An answer that tells of an error.

    :param body: JSON, or text that is none.
    """

    def __init__(self, status: int, body: t.Any, headers: t.Optional[t.Dict[str, str]] = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = headers or {}


def known(settings: Settings, code: str, message: str = "", headers: t.Optional[t.Dict[str, str]] = None) -> ErrorAnswer:
    """Return the answer for a code, in the shape that is set."""
    status, usual = KNOWN[code]
    if code.startswith("APIGW."):
        told = code.replace("APIGW", settings["gateway_prefix"])
        return ErrorAnswer(status, {"error_msg": message or usual, "error_code": told, "request_id": "gw-0"}, headers)
    if status == 400:
        status = settings["refusal_http"]
    return ErrorAnswer(status, shaped(settings, code, message or usual), headers)


def missing_job(settings: Settings, operation: str) -> ErrorAnswer:
    """Return the answer about a job that does not exist."""
    wanted, on = settings["missing_job"], settings["missing_job_on"]
    if on is not None and operation not in on:
        wanted = "0015"
    if isinstance(wanted, dict):
        return ErrorAnswer(wanted["status"], wanted.get("body"))
    if wanted == "empty404":
        return ErrorAnswer(404, "")
    if wanted == "json404":
        return ErrorAnswer(404, {"message": "Not found."})
    if wanted == "html404":
        return ErrorAnswer(404, "<html><body><h1>404 Not Found</h1></body></html>")
    status, code = MISSING[wanted]
    message = KNOWN.get(code, (0, "Not found."))[1]
    return ErrorAnswer(status, shaped(settings, code, message))


def shaped(settings: Settings, code: str, message: str) -> Json:
    """Return the body of an error in the shape that is set."""
    success: t.Any = "false" if settings["success_as_string"] else False
    shapes: t.Dict[str, Json] = {
        "modelarts": {"is_success": success, settings["message_key"]: message, "error_code": code},
        "gateway": {"error_msg": message, "error_code": code, "request_id": "gw-0"},
        "nested": {"error": {"error_code": code, "error_msg": message}},
        "camel": {"errorCode": code, "errorMsg": message},
        "plain": {"code": code, "message": message},
        "iam": {"error": {"code": code, "message": message, "title": "Refused"}},
    }
    return shapes[settings["error_shape"]]


def iam(status: int, title: str, message: str) -> ErrorAnswer:
    """Return an error of IAM."""
    return ErrorAnswer(status, {"error": {"code": status, "message": message, "title": title}})
