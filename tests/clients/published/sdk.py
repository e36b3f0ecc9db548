"""The published Python SDK, unchanged but for its base URL: its unified, proxy, integrated-account and link-token
parts, with the parameters and bodies that it sends."""

import datetime
import sys

import aiohttp
from truto_python_sdk import TrutoApi

from laws import ACCOUNT, BASE, EGRESS, TOKEN, asked, everyone, goes_wrong, ids, run

api = TrutoApi(token=TOKEN, base_url=BASE)


def users(**query):
    return api.unified_api.list("crm", "users", {"integrated_account_id": ACCOUNT, **query})


async def refused(call, status):
    try:
        await call
    except aiohttp.ClientResponseError as error:
        assert error.status == status, f"{error.status} instead of {status}: {error.request_info.url}"
    else:
        raise AssertionError(f"no {status}")


async def test_lists_to_the_end():
    for limit in (1, 7, 20, 1000):
        assert await users(limit=limit).to_array() == everyone(), limit
    assert await users().to_array() == everyone()
    seen = []
    async for user in users(limit=9):
        seen.append(user)
    assert seen == everyone()


async def test_walks_page_by_page():
    pages = users(limit=15)
    first, second = await pages.next_page(), await pages.next_page()
    assert first + second == everyone()[:30]


async def test_gets_one():
    for user in everyone()[:5]:
        got = await api.unified_api.get("crm", "users", user["id"], {"integrated_account_id": ACCOUNT})
        assert got == user
    await refused(api.unified_api.get("crm", "users", "none", {"integrated_account_id": ACCOUNT}), 404)


async def test_filters_as_it_encodes_them():
    everybody = everyone()
    # Objects become brackets, instants ISO 8601 with their offset, of which the plus sign is escaped.
    since = datetime.datetime(1990, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
    until = datetime.date(2010, 1, 1)
    between = await users(created_at={"gte": since, "lt": until}, limit=3).to_array()
    assert ids(between) == ids(u for u in everybody if "1989-12-31T18:30:00.000Z" <= u["created_at"] < "2010-01-01")
    assert 0 < len(between) < len(everybody)
    # Lists become `a[]=`.
    wanted = [user["email"] for user in everybody if user["email"]][:3]
    assert ids(await users(email={"in": wanted}).to_array()) == ids(u for u in everybody if u["email"] in wanted)
    some = ids(everybody)[5:8]
    assert ids(await users(id={"in": some}, limit=2).to_array()) == some
    # Booleans become words.
    for active in (True, False):
        assert ids(await users(is_active=active).to_array()) == ids(u for u in everybody if u["is_active"] is active)


async def test_texts_keep_their_signs():
    everybody = everyone()
    for user in everybody[:12]:
        for field in ("name", "email"):
            if user[field] and user[field] == user[field].strip():
                found = await users(**{field: user[field]}).to_array()
                assert user["id"] in ids(found), user[field]
    for part in ("ß", "'", "+tag", "&", "%", "a b"):
        expected = [u["id"] for u in everybody if part in (u["name"] or "").lower() or part in (u["email"] or "").lower()]
        assert ids(await users(search_term=part).to_array()) == expected, part


async def test_sorts():
    newest = await users(sort_by={"created_at": "desc"}, limit=6).to_array()
    assert [u["created_at"] for u in newest] == sorted((u["created_at"] for u in everyone()), reverse=True)
    assert ids(await users(sort_by="created_at", limit=6).to_array())[0] == min(everyone(), key=lambda u: (u["created_at"], u["id"]))["id"]


async def test_shapes():
    bare = await users(truto_ignore_remote_data=True, truto_exclude_fields=["name", "created_at"]).to_array()
    assert list(bare[0]) == ["id", "email", "is_active", "updated_at"]
    page = await api._get("unified/crm/users", {"integrated_account_id": ACCOUNT, "truto_key_by": "id"})
    assert list(page["result"]) == ids(everyone())
    raw = await api._get("unified/crm/users", {"integrated_account_id": ACCOUNT, "truto_response_format": "raw", "limit": 2})
    assert raw["results"][0] == everyone()[0]["remote_data"]
    asked_for = await users(remote_query={"marker": "from the SDK"}).to_array()
    assert asked_for == everyone()
    sent = [r for r in asked(f"{EGRESS}/_sandbox/requests") if "marker=from" in str(r)]
    assert sent, "remote_query did not reach the vendor"


async def test_errors_are_raised():
    await refused(users(nothing=1).next_page(), 400)
    await refused(users(limit=0).next_page(), 400)
    await refused(users(created_at={"gte": datetime.datetime(2020, 1, 1)}).next_page(), 400)  # no zone
    await refused(users(next_cursor="altered").next_page(), 400)
    await refused(api.unified_api.list("crm", "users", {}).next_page(), 400)
    await refused(api.unified_api.list("crm", "nothing", {"integrated_account_id": ACCOUNT}).next_page(), 404)
    await refused(api.unified_api.list("crm", "users", {"integrated_account_id": "none"}).next_page(), 404)
    await refused(TrutoApi(token="wrong", base_url=BASE).unified_api.list("crm", "users", {}).next_page(), 401)
    named = {"integrated_account_id": ACCOUNT}
    await refused(api.unified_api.create("crm", "users", {"name": "A"}, named), 405)
    await refused(api.unified_api.update("crm", "users", "1", {"name": "A"}, named), 405)
    await refused(api.unified_api.delete("crm", "users", "1", named), 405)


async def test_vendor_failures_are_tried_again():
    goes_wrong({"status": {"code": 503}}, times=2)
    assert await users(limit=11).to_array() == everyone()
    goes_wrong({"throttle": {"retry_after": "1"}})
    assert await users(limit=11).to_array() == everyone()
    goes_wrong({"status": {"code": 500, "body": "<html>"}}, times=1000)
    await refused(users().next_page(), 502)


async def test_proxy():
    named = {"integrated_account_id": ACCOUNT}
    records = await api.proxy_api.list("owners", {**named, "limit": 9}).to_array()
    everybody = {user["id"]: user["remote_data"] for user in everyone()}
    assert records and all(everybody[record["id"]] == record for record in records)
    # The vendor's own list has the archived ones only when it is asked for them.
    archived = await api.proxy_api.list("owners", {**named, "remote_query": {"archived": True}}).to_array()
    assert len(records) + len(archived) == len(everybody)
    assert await api.proxy_api.get("owners", records[0]["id"], named) == records[0]
    await refused(api.proxy_api.get("owners", "999", named), 404)
    await refused(api.proxy_api.list("nothing", dict(named)).next_page(), 404)
    await refused(api.proxy_api.create("owners", {}, named), 405)
    await refused(api.proxy_api.update("owners", "1", {}, named), 405)
    await refused(api.proxy_api.delete("owners", "1", named), 405)


async def test_an_accounts_life():
    offered = next(a for a in asked(f"{EGRESS}/_sandbox/accounts") if a["integration"] == "capsule")
    made = await api.integrated_accounts._import({"tenant_id": "sdk", **offered})
    account = made["id"]
    assert [a["id"] for a in await api.integrated_accounts.list(tenant_id="sdk").to_array()] == [account]
    assert (await api.integrated_accounts.get(account))["status"] == "active"
    moved = await api.integrated_accounts.update(account, {"tenant_id": "sdk-2"})
    assert moved["tenant_id"] == "sdk-2" and not await api.integrated_accounts.list(tenant_id="sdk").to_array()
    assert (await api.integrated_accounts.refresh_credentials(account))["status"] == "active"
    assert (await api.integrated_accounts.run_post_install_actions(account))["id"] == account
    await refused(api.integrated_accounts.run_post_install_actions("none"), 404)

    token = (await api.integrated_accounts.create_integrated_account_token(account))["token"]
    own = TrutoApi(token=token, base_url=BASE)
    assert await own.unified_api.list("crm", "users", {"limit": 3}).to_array()
    assert (await own.integrated_accounts.get("me"))["id"] == account
    await refused(own.unified_api.list("crm", "users", {"integrated_account_id": ACCOUNT}).next_page(), 404)
    await refused(own.integrated_accounts.list().next_page(), 403)

    assert not await api.integrated_accounts.delete(account)
    await refused(api.integrated_accounts.get(account), 404)
    await refused(api.integrated_accounts.delete(account), 404)
    refused_by_vendor = {**offered, "context": {**offered["context"], "access_token": "wrong", "refresh_token": ""}}
    await refused(api.integrated_accounts._import(refused_by_vendor), 422)


async def test_link_tokens():
    made = await api.link_tokens.create({"tenant_id": "sdk-link", "context": {"note": "kept"}, "persist_previous_context": True})
    assert made["link_token"]
    again = await api.link_tokens.create({"integrated_account_id": ACCOUNT, "persist_previous_context": False})
    assert again["link_token"] != made["link_token"]
    async with aiohttp.ClientSession() as browser:
        async with browser.get(f"{BASE}/connect-account", params={"link_token": made["link_token"]}) as page:
            assert page.status == 200 and 'data-integration="hubspot"' in await page.text()
    await refused(api.link_tokens.create({}), 400)
    await refused(api.link_tokens.create({"integrated_account_id": "none"}), 404)


async def test_accounts_are_listed_to_the_end():
    one_by_one = await api.integrated_accounts.list(limit=2).to_array()
    assert ids(one_by_one) == ids(asked(f"{BASE}/integrated-account?limit=1000")["result"])


async def test_integrations():
    known = await api.integrations.list().to_array()
    assert "hubspot" in [one["name"] for one in known]
    assert (await api.integrations.get("hubspot"))["label"] == "HubSpot"


run(sys.modules[__name__])
