"""Sets and lifts locks, with their entries in the audit log.

What always holds: a lock is in force before its entry is written, and a lock is lifted only after
its entry was: whatever fails in between, the door is shut. What it does not do: ask whether the
operator may; who can write the state directory may.
"""

from bastion.audit.entry import AuditCode
from bastion.audit.log import maker
from bastion.chain import Signer
from bastion.store.protocol import Store
from bastion.store.rows import Lock


def set_lock(store: Store, lock: Lock, signer: Signer) -> None:
    """Put *lock* in force."""
    store.locks.add(lock)
    detail = {
        "lock": lock.id,
        "kind": lock.kind,
        "value": lock.value,
        "reason": lock.reason,
        "expires_at": lock.expires_at,
    }
    made = maker(lock.created_at, AuditCode.LOCK_SET, lock.created_by, detail, signer)
    store.audit.append(made)


def lift_lock(store: Store, lock: Lock, *, at: float, by: str, signer: Signer) -> bool:
    """Take *lock* out of force; False where it was not in force any more."""
    if lock not in store.locks.standing(at):
        return False
    detail = {"lock": lock.id, "kind": lock.kind, "value": lock.value}
    store.audit.append(maker(at, AuditCode.LOCK_LIFTED, by, detail, signer))
    return store.locks.lift(lock.id, at, by)
