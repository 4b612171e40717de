"""Making a token's secret, and replacing a lost one."""

from uuid import UUID

import msgspec

from domain.access_tokens import MAX_ACTIVE, Generated, Revoked, two_years_after
from domain.issuing import new_token
from domain.permissions import TOOL_SCOPES, Scope
from domain.refusals import Code
from domain.secret import ACCESS_TOKEN, digest_of, is_well_formed
from tests.given import given
from tests.known import ANA, ANA_IN_SUPPORT, NOW, caller_of

END = two_years_after(NOW)
NEW = new_token(ANA, UUID(int=501), bytes(range(32)), "laptop", [Scope.TICKETS_READ])


def test_a_new_tokens_command_knows_its_secret_by_digest_and_mask_only() -> None:
    assert is_well_formed(ACCESS_TOKEN, NEW.secret)
    assert NEW.command.digest == digest_of(NEW.secret).hex()
    assert NEW.command.mask == f"dl_pat_…{NEW.secret[-4:]}"
    assert NEW.secret.removeprefix(ACCESS_TOKEN)[:43] not in repr(NEW.command)


def test_a_new_token_is_for_every_tool_unless_it_is_narrowed() -> None:
    assert new_token(ANA, UUID(int=1), bytes(32)).command.scopes == tuple(sorted(TOOL_SCOPES))
    assert NEW.command.scopes == (Scope.TICKETS_READ,)


def test_a_lost_token_is_revoked_and_replaced_though_there_are_ten() -> None:
    ten = [
        Generated(token=UUID(int=n), agent=ANA, digest=f"{n:064x}", mask="…", expires_at=END)
        for n in range(MAX_ACTIVE)
    ]
    held = given(*ten).beside(*ANA_IN_SUPPORT).by(caller_of(ANA))
    replacement = msgspec.structs.replace(NEW.command, replaces=ten[3].token)
    held.when(replacement).then(
        Revoked(token=ten[3].token, digest=ten[3].digest),
        Generated(
            token=UUID(int=501),
            agent=ANA,
            digest=NEW.command.digest,
            mask=NEW.command.mask,
            expires_at=END,
            label="laptop",
            scopes=(Scope.TICKETS_READ,),
        ),
    )


def test_what_is_not_held_is_not_replaced() -> None:
    replacement = msgspec.structs.replace(NEW.command, replaces=UUID(int=9))
    ana = given().beside(*ANA_IN_SUPPORT).by(caller_of(ANA))
    ana.when(replacement).then_refused(Code.NOT_FOUND)
