# SPDX-License-Identifier: GPL-3.0-or-later
"""data/openapi.yaml for tests: asks the daemon what an operation says, and checks the answer.

    contract = Contract(home)
    contract.ask("getCharger", 404, path={"id": "9"})

Each answer must be as documented: its status, headers and type, its content by the schema, with
nothing beyond the schema; so must be the body of a question that is answered well.
contract.seen keeps what was asked, contract.missing() what was not."""

import http.client
import json
import os
import select
import shutil
import subprocess
import threading
import urllib.parse

import yaml

from harness import BUILDDIR, SRCDIR, Skip, check, end_with_parent

ANSWER_S = 20  # of a daemon under sanitizers on a busy machine
VALIDATE_S = 60  # of the other program


def load(path=os.path.join(SRCDIR, "data", "openapi.yaml")):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


class Validator:
    """validate.mjs, with the packages that build the page"""

    def __init__(self, document):
        modules = os.path.join(BUILDDIR, "webui")
        node = shutil.which("node")
        if node is None or not os.path.isdir(os.path.join(modules, "node_modules", "ajv")):
            raise Skip("needs node and npm, as the page does: build with -Dwebui=enabled")
        script = os.path.join(SRCDIR, "tests", "integration", "validate.mjs")
        self._lock = threading.Lock()  # answers come in the order of the questions
        self.process = subprocess.Popen([node, script, modules], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, preexec_fn=end_with_parent)
        self._ask(document)

    def _ask(self, question):
        with self._lock:
            self.process.stdin.write(json.dumps(question).encode() + b"\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], VALIDATE_S)
            check(ready, f"validate.mjs says nothing for {VALIDATE_S} s")
            return json.loads(self.process.stdout.readline())

    def lint(self):
        """Answers what is wrong with the document itself."""
        return self._ask("lint")

    def find_problem(self, schema, instance, ours):
        return self._ask({"schema": schema, "instance": instance, "ours": ours})

    def close(self):
        with self.process:
            self.process.stdin.close()


class Operation:
    def __init__(self, method, path, document):
        self.method, self.path, self.document = method.upper(), path, document
        self.id = document["operationId"]
        self.tag = document["tags"][0]
        roles = [role for way in document["security"] for names in way.values() for role in names]
        self.role = roles[0] if roles else None
        self.statuses = {int(status) for status in document["responses"] if status != "default"}

    def is_stream(self):
        return "text/event-stream" in self.document["responses"].get("200", {}).get("content", {})

    def body_type(self):
        body = self.document.get("requestBody")
        return next(iter(body["content"])) if body else None

    def address(self, path, query):
        target = self.path
        for name, value in path.items():
            target = target.replace("{" + name + "}", urllib.parse.quote(value))
        return target + ("?" + urllib.parse.urlencode(query) if query else "")


class Contract:
    def __init__(self, home, document=None):
        self.home = home
        self.document = document or load()
        self._validator = Validator(self.document)
        self.operations = {operation["operationId"]: Operation(method, path, operation)
                           for path, methods in self.document["paths"].items()
                           for method, operation in methods.items()}
        self.seen = set()

    def lint(self):
        return self._validator.lint()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._validator.close()

    def missing(self):
        """"operation status" of all that nobody asked for"""
        return sorted(f"{operation.id} {status}" for operation in self.operations.values()
                      for status in operation.statuses
                      if (operation.id, status) not in self.seen)

    def resolve(self, item):
        while "$ref" in item:
            target = self.document
            for name in item["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            item = target
        return item

    def check(self, schema, instance, what, ours=True):
        problem = self._validator.find_problem(schema, instance, ours)
        check(problem is None, f"{what}: {problem}")

    def find_response(self, operation, status):
        responses = operation.document["responses"]
        what = responses.get(str(status), responses["default"] if status >= 400 else None)
        check(what is not None, f"{operation.id}: {status} is not documented")
        return self.resolve(what)

    def check_answer(self, operation, status, headers, text):
        """Answers the document, if it is one."""
        what = f"{operation.id} {status}"
        response = self.find_response(operation, status)
        kind = headers.get("Content-Type", "").split(";")[0]
        content = response.get("content", {})
        self.seen.add((operation.id, status))
        for name in response.get("headers", {}):
            check(name in headers, f"{what}: without {name}")
        if not content:
            check(text == b"" or status == 303, f"{what}: has a body: {text[:100]!r}")
            return None
        check(kind in content or "*/*" in content, f"{what}: is {kind}: {text[:300]!r}")
        schema = content.get(kind, {}).get("schema", {})
        if not kind.endswith("json"):
            self.check(schema, text.decode(errors="replace"), what)
            return text
        document = json.loads(text)
        self.check(schema, document, what)
        return document

    def send(self, operation, path=None, query=None, headers=None, body=None, source="127.0.0.1"):
        """Answers (status, headers, bytes). source: another address is another peer."""
        connection = http.client.HTTPConnection(
            self.home.daemon.host, self.home.daemon.port, timeout=ANSWER_S,
            source_address=(source, 0))
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", operation.body_type() or "application/json")
        try:
            connection.request(operation.method, operation.address(path or {}, query or {}), body,
                               headers)
            answer = connection.getresponse()
            text = b"" if operation.is_stream() and answer.status == 200 else answer.read()
            return answer.status, answer.headers, text
        finally:
            connection.close()

    def ask(self, name, wanted=200, **request):
        """Answers the document of the answer, which must have that status."""
        operation = self.operations[name]
        status, headers, text = self.send(operation, **request)
        check(status == wanted, f"{name}: {status}, expected {wanted}: {text[:300]!r}")
        body = request.get("body")
        if status < 300 and operation.body_type():
            content = operation.document["requestBody"]["content"][operation.body_type()]
            self.check(content["schema"], body, f"{name}: the body", ours=False)
        if operation.is_stream() and status == 200:
            self.seen.add((name, status))
            return headers
        return self.check_answer(operation, status, headers, text)

    def read_events(self, name, **request):
        """Yields (event, id, data) of a stream; data is checked and, if it is JSON, a document."""
        operation = self.operations[name]
        media = operation.document["responses"]["200"]["content"]["text/event-stream"]
        connection = http.client.HTTPConnection(
            self.home.daemon.host, self.home.daemon.port, timeout=ANSWER_S)
        try:
            connection.request("GET", operation.address({}, {}), **request)
            answer = connection.getresponse()
            check(answer.headers["Content-Type"] == "text/event-stream", f"{name}: type")
            self.seen.add((name, answer.status))
            event = {}
            for line in answer:
                key, _, value = line.decode().rstrip("\n").partition(": ")
                if line != b"\n":
                    event[key] = value
                elif "data" in event:
                    schema = self.resolve(media["x-events"][event["event"]])
                    data = event["data"] if schema.get("type") == "string" \
                        else json.loads(event["data"])
                    self.check(schema, data, f"{name}: event {event['event']}")
                    yield event["event"], event.get("id"), data
                    event = {}
        finally:
            connection.close()
