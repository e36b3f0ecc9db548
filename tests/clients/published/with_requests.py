"""`requests` as scripts use it: query strings by hand and by `params`, sessions that try again, streamed answers."""

import json
import sys
import time

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from laws import ACCOUNT, BASE, TOKEN, asked, everyone, goes_wrong, ids, run

session = requests.Session()
session.headers["Authorization"] = f"Bearer {TOKEN}"
USERS = f"{BASE}/unified/crm/users"


def users(params=None, **headers):
    """All the pages of a query; `params` is anything that requests takes."""
    found, cursor = [], None
    while True:
        given = list(params.items()) if isinstance(params, dict) else list(params or [])
        given += [("integrated_account_id", ACCOUNT)] + ([("next_cursor", cursor)] if cursor else [])
        answer = session.get(USERS, params=given, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["result_count"] == len(page["result"]) > 0 or cursor is None
        found += page["result"]
        cursor = page["next_cursor"]
        if not cursor:
            return found


def test_lists_to_the_end():
    for limit in (1, 13, 1000):
        assert users({"limit": limit}) == everyone()


def test_every_spelling_of_an_array_means_the_same():
    some = ids(everyone())[3:6]
    spellings = [
        {"id[in][]": some},  # requests repeats the name of a list
        {"id[in]": some},
        {"id[in]": ",".join(some)},
        {f"id[in][{at}]": one for at, one in enumerate(some)},
        [("id[in][]", one) for one in some],
    ]
    for spelling in spellings:
        assert ids(users(spelling)) == some, spelling
    by_hand = "&".join(f"id[in][]={one}" for one in some)  # brackets as they stand
    answer = session.get(f"{USERS}?integrated_account_id={ACCOUNT}&{by_hand}", timeout=30)
    assert ids(answer.json()["result"]) == some


def test_excluded_fields_in_every_spelling():
    for spelling in ({"truto_exclude_fields[]": ["id", "name"]}, {"truto_exclude_fields": "id,name"},
                     {"truto_exclude_fields[0]": "id", "truto_exclude_fields[1]": "name"},
                     {"truto_exclude_fields": ["id", "name"]}):
        first = users({**spelling, "limit": 1000})[0]
        assert list(first) == ["email", "is_active", "created_at", "updated_at", "remote_data"], spelling


def test_nested_objects_and_booleans():
    everybody = everyone()
    found = users({"created_at[gte]": "1990-01-01", "created_at[lt]": "2010-01-01T00:00:00+00:00", "is_active": True})
    expected = [u for u in everybody if "1990" <= u["created_at"] < "2010" and u["is_active"]]
    assert ids(found) == ids(expected) and expected
    assert users({"sort_by[email]": "asc", "limit": 9})[0]["email"] == min(u["email"].lower() for u in everybody if u["email"])


def test_errors_say_what_to_change():
    for params, status, word in (({"color": 1}, 400, "color"), ({"a[b": 1}, 400, "a[b"), ({"limit": 0}, 400, "limit"),
                                 ({"limit": [1, 2]}, 400, "limit"), ({"sort_by": "id"}, 400, "sort_by")):
        answer = session.get(USERS, params={"integrated_account_id": ACCOUNT, **params}, timeout=30)
        error = answer.json()
        assert answer.status_code == error["statusCode"] == status and word in error["message"], answer.text
        assert answer.headers["x-request-id"]
    assert requests.get(USERS, timeout=30).status_code == 401
    assert session.get(f"{USERS}?integrated_account_id=none", timeout=30).status_code == 404
    assert session.post(USERS, json={}, timeout=30).status_code == 405
    made = f"{BASE}/integrated-account"
    assert session.post(made, data={"integration": "hubspot"}, timeout=30).status_code == 415
    assert session.post(made, data="{", headers={"content-type": "application/json"}, timeout=30).status_code == 400
    assert session.post(made, data=b"x" * 2_000_000, headers={"content-type": "application/json"}, timeout=30).status_code == 413


def test_the_vendors_words_come_through():
    goes_wrong({"status": {"code": 403, "body": '{"message":"no scope"}'}}, times=1000)
    answer = session.get(USERS, params={"integrated_account_id": ACCOUNT}, timeout=40)
    error = answer.json()
    assert answer.status_code == 403 and error["truto_is_remote_error"] is True
    assert error["raw_response"] == {"message": "no scope"}


def test_a_session_tries_again_when_told_to_wait():
    patient = requests.Session()
    patient.headers.update(session.headers)
    patient.mount("http://", HTTPAdapter(max_retries=Retry(total=3, status_forcelist=[429], respect_retry_after_header=True)))
    # Longer than a call may take, so that the wait is the client's; then the vendor is well again.
    goes_wrong({"throttle": {"retry_after": "120"}})
    refused = session.get(USERS, params={"integrated_account_id": ACCOUNT}, timeout=40)
    assert refused.status_code == 429 and 0 < int(refused.headers["retry-after"]) <= 120, refused.text
    goes_wrong({"throttle": {"retry_after": "2"}})
    begun = time.monotonic()
    answer = patient.get(USERS, params={"integrated_account_id": ACCOUNT, "limit": 5}, timeout=40)
    assert answer.status_code == 200 and time.monotonic() - begun < 30
    assert ids(answer.json()["result"]) == ids(everyone())[:5]


def test_streams_line_by_line():
    params = {"integrated_account_id": ACCOUNT, "truto_response_format": "stream"}
    with session.get(USERS, params=params, headers={"Accept": "application/x-ndjson"}, stream=True, timeout=30) as answer:
        assert [json.loads(line) for line in answer.iter_lines()] == everyone()
    assert session.get(USERS, params=params, timeout=30).json()["result"] == everyone()


def test_answers_are_compressed_where_asked():
    params = {"integrated_account_id": ACCOUNT, "limit": 1000}
    packed = session.get(USERS, params=params, headers={"Accept-Encoding": "gzip"}, timeout=30)
    plain = session.get(USERS, params=params, headers={"Accept-Encoding": "identity"}, timeout=30)
    assert packed.headers["content-encoding"] == "gzip" and packed.json() == plain.json()


def test_proxy_and_one_user():
    named = {"integrated_account_id": ACCOUNT}
    user = everyone()[0]
    assert session.get(f"{USERS}/{user['id']}", params=named, timeout=30).json() == user
    assert session.get(f"{BASE}/proxy/owners/{user['id']}", params=named, timeout=30).json() == user["remote_data"]
    assert asked(f"{BASE}/proxy/owners?integrated_account_id={ACCOUNT}&limit=1")["result"] == [user["remote_data"]]


run(sys.modules[__name__])
