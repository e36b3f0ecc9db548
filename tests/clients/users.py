"""Lists users with a client that is generated from the document."""

import os

from crosswalk_client import AuthenticatedClient
from crosswalk_client.api.unified_api import get_crm_user, list_crm_users
from crosswalk_client.models import CrmUser, CrmUserPage, Error

client = AuthenticatedClient(base_url=os.environ["BASE"], token=os.environ["TOKEN"])
account = os.environ["ACCOUNT"]


def page(**query):
    found = list_crm_users.sync(client=client, integrated_account_id=account, **query)
    assert isinstance(found, CrmUserPage), found
    return found


# To the end, in pages of seven.
ids, cursor = [], ""
while True:
    found = page(limit=7, next_cursor=cursor)
    assert found.result_count == len(found.result)
    ids += [user.id for user in found.result]
    if not found.next_cursor:
        break
    assert found.result_count == 7
    cursor = found.next_cursor
assert len(set(ids)) == int(os.environ["USERS"]), len(set(ids))

# Filters, arrays, an explanation.
found = page(is_active=True, truto_exclude_fields=["name", "remote_data"], crosswalk_explain=True)
assert found.result and all(user.is_active for user in found.result)
assert any(pushed.parameter == "is_active" for pushed in found.explain.pushed)
known = found.result[0]
found = page(email=known.email)
assert known.id in [user.id for user in found.result]

# One, and an error with its type.
one = get_crm_user.sync(ids[0], client=client, integrated_account_id=account)
assert isinstance(one, CrmUser) and one.id == ids[0], one
refused = list_crm_users.sync_detailed(client=client, integrated_account_id=account, limit=0)
assert refused.status_code == 400 and isinstance(refused.parsed, Error), refused
assert "`limit`" in refused.parsed.message
print(f"Python: {len(ids)} users")
