"""Accounts: one's own, and for administrators those of the practice."""

from vantrexia_core.identity import (
    Profile,
    Staffed,
    create_user,
    find_users,
    look_up_user,
    revise_profile,
    revise_user,
    unlock_user,
    view_profile,
)
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Call
from vantrexia_web.wire.accounts import (
    account_content,
    parse_new_account,
    parse_profile_revision,
    parse_user_revision,
    profile_content,
)
from vantrexia_web.wire.listing import page_content, parse_page
from vantrexia_web.wire.patients import parse_nothing


def me(call: Call) -> Answer:
    """The caller's own account."""
    return _profile(view_profile(call.desk, call.actor))


def revise_me(call: Call) -> Answer:
    """Change the caller's own names and phone."""
    return _profile(revise_profile(call.desk, call.actor, call.read(parse_profile_revision)))


def list_accounts(call: Call) -> Answer:
    """A page of the practice's accounts."""
    page = find_users(call.desk, call.actor, call.read(parse_page))
    return json_answer(page_content(page, account_content, call.request, call.site.public_url))


def open_account(call: Call) -> Answer:
    """Open an account."""
    new, password = call.read(parse_new_account)
    user = create_user(call.desk, call.actor, new, password)
    location = f"{call.site.public_url}{call.request.path}{user.id}/"
    return json_answer(account_content(Staffed(user, None)), 201, {"Location": location})


def show_account(call: Call) -> Answer:
    """One account."""
    return _account(look_up_user(call.desk, call.actor, call.user_id))


def change_account(call: Call) -> Answer:
    """Change an account."""
    revision = call.read(parse_user_revision)
    return _account(revise_user(call.desk, call.actor, call.user_id, revision))


def unlock(call: Call) -> Answer:
    """Forget an account's failed sign-ins."""
    call.read(parse_nothing)
    return _account(unlock_user(call.desk, call.actor, call.user_id))


def _account(staffed: Staffed) -> Answer:
    return json_answer(account_content(staffed))


def _profile(profile: Profile) -> Answer:
    return json_answer(profile_content(profile))
