"""Whether who began a long piece of work would still be let in: what takes minutes asks again on the way."""

from vantrexia_core.identity.ports import StandingDesk, TokenNotValidError
from vantrexia_core.kernel import Actor, Mandate


def check_standing(desk: StandingDesk, actor: Actor) -> None:
    """Refuse an actor who was recognised earlier and would not be now.

    A token may expire meanwhile: it is asked for when work begins. A command at the console signs in nowhere
    and has nothing that could be taken away.

    Raises:
        TokenNotValidError: the session has ended; the account was closed, or has another role or patient; or
            the machine client was revoked, or has other keys or scopes.
    """
    if actor.mandate is not None:
        still = _is_same_client(desk, actor, actor.mandate)
    elif actor.session_id is not None:
        present = desk.accounts.in_session(actor.user_id, actor.session_id, at=desk.clock.now())
        user = None if present is None else present.user
        still = (
            user is not None
            and user.is_open
            and (user.role, user.practice_id, user.patient_id)
            == (actor.role, actor.practice_id, actor.patient_id)
        )
    else:
        still = True
    if not still:
        raise TokenNotValidError


def _is_same_client(desk: StandingDesk, actor: Actor, mandate: Mandate) -> bool:
    client = desk.clients.by_number(actor.user_id)
    return client is not None and client.is_open and client.version == mandate.client_version
