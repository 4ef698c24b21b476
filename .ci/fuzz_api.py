"""What schemathesis is told about this API: rows that are there. Loaded by `.ci/fuzz-api` as its module of hooks.

A random id is 404 before anything else is looked at, so that half of the operations would never be reached. Where schemathesis made valid
values for a path, its ids become those of rows of the caller; deleting gets a new row each time. What it made invalid stays as it is, and
what it takes from earlier answers (the stateful phase) too. The optional headers that would end most calls early are mostly left away.
"""

import base64
import os
import random
from urllib.parse import quote

import requests
import schemathesis

BASE = os.environ["FUZZ_BASE"]
API = BASE + "/api/v1"
TOKEN = os.environ["FUZZ_TOKEN"]
CHOICE = random.Random(1)
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def send(method, path, body=None, **more):
    """One call as the caller of the run; its answer, or nothing where it has no JSON."""
    headers = {"Authorization": "Bearer " + TOKEN, **more.pop("headers", {})}
    answer = requests.request(method, API + path, json=body, headers=headers, timeout=60, **more)
    if not answer.ok:
        raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
    return answer.json() if answer.headers.get("Content-Type", "").startswith("application/json") else {"headers": answer.headers}


def name():
    return f"run-{CHOICE.getrandbits(48):x}"


# Bodies that are good: what is random is seldom made, and then nothing below it is reached.
BODIES = {
    "/auth/api-keys": lambda: {"name": name(), "scopes": ["llm:read"]},
    "/auth/roles": lambda: {"name": name(), "permissions": []},
    "/files/workspaces": lambda: {"name": name()},
    "/fitness/exercises": lambda: {"name": name(), "pattern": "squat", "level": 1, "muscles": {"quads": 1}},
    "/fitness/measurements": lambda: {"kind": "mass", "value": "80 kg"},
    "/fitness/plans": lambda: {"days_per_week": 3, "minutes": 45, "experience": "beginner"},
    "/fitness/workouts": lambda: {"sets": []},
    "/fitness/workouts/{id}/sets": lambda: {"exercise": "push-up", "reps": 10},
    "/integrations/hooks": lambda: {"kind": "github", "name": name()},
    "/llm/conversations": lambda: {"title": name()},
    "/llm/conversations/{id}/messages": lambda: {"content": "Hello"},
    "/llm/memories": lambda: {"fact": name()},
    "/llm/prompt": lambda: {"prompt": "Hello"},
    "/llm/templates": lambda: {"name": name(), "text": "Say {{ word }}"},
    "/orgs": lambda: {"name": name()},
    "/orgs/{id}/domains": lambda: {"domain": name() + ".example"},
    "/orgs/{id}/invitations": lambda: {"email": name() + "@example.com", "role": "member"},
    "/users": lambda: {"email": name() + "@example.com"},
    "/webhooks/endpoints": lambda: {"url": "https://example.com/" + name()},
}


def post(path, **ids):
    """Makes something with a good body."""
    body = BODIES[path]() if path in BODIES else None
    return send("POST", path.format(**ids), body)


def workspace():
    row = post("/files/workspaces")
    source = {"text": "/// Adds.\npub fn add(a: u32, b: u32) -> u32 { a + b }\n"}
    send("PUT", f"/files/workspaces/{row['id']}/content?path=src/lib.rs", source)
    return {"id": row["id"]}


def conversation():
    row = post("/llm/conversations")
    sent = post("/llm/conversations/{id}/messages", id=row["id"])
    return {"id": row["id"], "message_id": sent["assistant_message"]["id"]}


def workout():
    row = post("/fitness/workouts")
    return {"id": row["id"], "set_id": post("/fitness/workouts/{id}/sets", id=row["id"])["id"]}


def organisation():
    row = post("/orgs")["id"]
    domain, invited = (post("/orgs/{id}/" + kind, id=row)["id"] for kind in ("domains", "invitations"))
    return {"id": row, "user_id": send("GET", "/auth/me")["user_id"], "domain_id": domain, "invitation_id": invited}


def upload():
    answer = send("POST", "/media/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "1000"})
    return {"id": answer["headers"]["Location"].rsplit("/", 1)[1]}


def picture():
    return {"id": send("POST", "/media", files={"file": ("dot.png", PIXEL, "image/png")})["id"]}


def row_of(path, key="id", named="id"):
    """Makes rows of a collection that are named by one value."""
    return lambda: {key: post(path)[named]}


# The longest beginning wins. What is missing here can't be made without a vendor, an authenticator or a mailbox.
MAKERS = {
    "/auth/api-keys/{id}": row_of("/auth/api-keys"),
    "/auth/roles/{name}": row_of("/auth/roles", "name", "name"),
    "/auth/users/{id}": row_of("/users"),
    "/files/workspaces/{id}": workspace,
    "/fitness/exercises/{slug}": row_of("/fitness/exercises", "slug", "slug"),
    "/fitness/measurements/{id}": row_of("/fitness/measurements"),
    "/fitness/plans/{id}": row_of("/fitness/plans"),
    "/fitness/workouts/{id}": workout,
    "/integrations/hooks/{hook_id}": row_of("/integrations/hooks", "hook_id"),
    "/jobs/{id}": lambda: {"id": send("GET", "/jobs?limit=1")["items"][0]["id"]},
    "/llm/conversations/{id}": conversation,
    "/llm/generations/{id}": row_of("/llm/prompt", named="generation_id"),
    "/llm/memories/{id}": row_of("/llm/memories"),
    "/llm/templates/{name}": row_of("/llm/templates", "name", "name"),
    "/media/{id}": picture,
    "/media/uploads/{id}": upload,
    "/orgs/{id}": organisation,
    "/users/me/exports/{id}": row_of("/users/me/exports"),
    "/users/{id}": row_of("/users"),
    "/webhooks/endpoints/{id}": row_of("/webhooks/endpoints"),
}
# What ends or gives away the row that it is called with.
ENDS = ("/leave", "/transfer", "/suspend", "/archive")
# Where what was made is named by something else than its id.
KEYS = {"/api/v1/fitness/exercises": "slug", "/api/v1/llm/templates": "name", "/api/v1/auth/roles": "name"}
ROWS, MISSING = {}, set()


def rows_of(path, fresh):
    """Values for the names in a path, from rows that are there."""
    below = path.removeprefix("/api/v1")
    begin = max((begin for begin in MAKERS if below.startswith(begin)), key=len, default=None)
    if begin is None:
        return {}
    if begin in MISSING or (not fresh and begin in ROWS):
        return ROWS.get(begin, {})
    try:
        rows = MAKERS[begin]()
    except (RuntimeError, KeyError, IndexError) as error:
        # Rights are missing, or a space has as many as it may.
        MISSING.add(begin)
        print(f"note: no more rows for {begin}: {str(error)[:160]}")
        return ROWS.get(begin, {})
    # What ends a row gets one of its own; the first stays for all that only look or change.
    if not fresh:
        ROWS[begin] = rows
    return rows


def is_valid(case, location):
    """True where schemathesis made what the document allows there."""
    return case.meta is None or not case.meta.is_negative_at(location)


@schemathesis.hook
def before_call(context, case, kwargs):
    from schemathesis.core.parameters import ParameterLocation as At

    stateful = case.meta is not None and case.meta.phase.name.value == "stateful"
    good = BODIES.get(case.path.removeprefix("/api/v1")) if case.method == "POST" and is_valid(case, At.BODY) else None
    if good is not None and CHOICE.random() < (0.8 if stateful else 0.2):
        case.body = good()
    if case.headers and is_valid(case, At.HEADER):
        for key in ("X-Org-Id", "If-Match", "Idempotency-Key"):
            if CHOICE.random() < 0.9:
                case.headers.pop(key, None)
    if stateful:
        return
    if case.path_parameters and is_valid(case, At.PATH):
        rows = rows_of(case.path, case.method == "DELETE" or case.path.endswith(ENDS))
        for key in case.path_parameters:
            if key in rows:
                case.path_parameters[key] = quote(rows[key], safe="")
    if case.query and is_valid(case, At.QUERY):
        if CHOICE.random() < 0.8:
            case.query.pop("cursor", None)
        if "path" in case.query and CHOICE.random() < 0.8:
            case.query["path"] = "src/lib.rs"
        name_rows(case.query)
    if isinstance(case.body, dict) and is_valid(case, At.BODY):
        name_rows(case.body)


def name_rows(members):
    """Puts ids of rows that are there where a query or a body names rows."""
    for key, begin in (("workspace_id", "/files/workspaces/{id}"), ("media_id", "/media/{id}"), ("plan_id", "/fitness/plans/{id}")):
        if members.get(key) is not None:
            members[key] = rows_of(begin, False).get("id", members[key])
    if isinstance(members.get("exercise"), str):
        members["exercise"] = "push-up"


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Says what leads where: what a POST made is what the operations below its path are about. The stateful phase follows these links."""
    paths = raw_schema["paths"]
    for path, item in paths.items():
        made_by = item.get("post", {}).get("responses", {}).get("201")
        if made_by is None:
            continue
        links = made_by.setdefault("links", {})
        for below, operations in paths.items():
            rest = below.removeprefix(path + "/{")
            if rest == below or "{" in rest:
                continue
            parameters = {rest.split("}")[0]: "$response.body#/" + KEYS.get(path, "id")}
            for method, operation in operations.items():
                if method in ("get", "put", "patch", "delete", "post"):
                    links[operation["operationId"]] = {"operationId": operation["operationId"], "parameters": parameters}


@schemathesis.check
def named_status(ctx, response, case):
    """A status that the operation names: `default` would otherwise allow every one."""
    named = case.operation.definition.raw["responses"]
    if case.method.lower() == case.operation.method and str(response.status_code) not in named and response.status_code not in (405, 431):
        raise AssertionError(f"{response.status_code} came, which {case.operation.label} does not name")
