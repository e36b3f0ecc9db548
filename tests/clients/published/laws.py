"""What the Python suites share: running checks, and what the demo's account holds."""

import asyncio
import inspect
import json
import os
import sys
import traceback
import urllib.request

BASE, TOKEN = os.environ["BASE"], os.environ["TOKEN"]
ACCOUNT, EGRESS = os.environ["ACCOUNT"], os.environ["EGRESS"]


def asked(url, body=None, method=None):
    """JSON from the server or the stand-ins, by nothing but the standard library."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    if url.startswith(BASE):
        headers["authorization"] = f"Bearer {TOKEN}"
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def everyone():
    """All users of the account, in the vendor's order."""
    page = asked(f"{BASE}/unified/crm/users?integrated_account_id={ACCOUNT}&limit=1000")
    assert page["next_cursor"] is None and page["result_count"] == int(os.environ["USERS"])
    return page["result"]


def goes_wrong(kind, times=1):
    """Makes the stand-in's next answers go wrong."""
    asked(f"{EGRESS}/_sandbox/faults", {"host": "api.hubapi.com", "times": times, "kind": kind})


def all_well_again():
    asked(f"{EGRESS}/_sandbox/faults", method="DELETE")


def ids(users):
    return [user["id"] for user in users]


def run(module):
    """Runs every `test_…` of a module and ends the process with whether all held."""
    failed, checks = 0, [(n, f) for n, f in vars(module).items() if n.startswith("test_")]
    for name, check in checks:
        try:
            outcome = check()
            if inspect.isawaitable(outcome):
                asyncio.run(asyncio.wait_for(outcome, 60))
            all_well_again()
        except BaseException:
            failed += 1
            print(f"   {name} failed:", file=sys.stderr)
            traceback.print_exc()
            all_well_again()
    print(f"   {len(checks) - failed} of {len(checks)} laws hold")
    sys.exit(1 if failed else 0)
