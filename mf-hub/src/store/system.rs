//! Workers' hosts: what each offers, and when it was last heard of.

use std::collections::BTreeSet;

use mf_core::error::{Code, Error};
use mf_core::label;
use mf_core::resource::SYSTEM;
use mf_core::wire::{Called, Crash, Held, HookOffer, Offer, Register};
use rusqlite::{OptionalExtension, params};

use super::{Done, Fault, Tx, attempt, edit, quarantine, ready, render};

/// Most archs that a system serves.
const ARCHS: usize = 100;
/// Most handlers that a system, or the farm, has.
const HANDLERS: usize = 1_000;
/// Most bytes of what a handler says of its configuration.
const SCHEMAS: usize = 64_000;
/// Most CPUs, as the field `capacity` has it.
const CPUS: i64 = 10_000;

/// Checks what a worker says of itself.
///
/// # Errors
/// [`Code::InvalidValue`], saying what is wrong.
pub fn check(said: &Register) -> Result<(), Error> {
    let wrong = |told: String| Err(Error::new(Code::InvalidValue, told));
    if !(1..=CPUS).contains(&said.cpus) {
        return wrong(format!("cpus takes a number from 1 to {CPUS}, not {}", said.cpus));
    }
    if said.archs.len() > ARCHS {
        return wrong(format!("a system serves at most {ARCHS} archs, not {}", said.archs.len()));
    }
    said.archs.iter().try_for_each(|arch| label::check(arch))?;
    check_crashes(said.crashed.iter())?;
    check_offers(&said.handlers)
}

/// Checks handlers: labels, sizes, and none twice.
///
/// # Errors
/// [`Code::InvalidValue`], saying what is wrong.
pub fn check_offers(offers: &[Offer]) -> Result<(), Error> {
    let wrong = |told: String| Err(Error::new(Code::InvalidValue, told));
    if offers.len() > HANDLERS {
        return wrong(format!("there are at most {HANDLERS} handlers, not {}", offers.len()));
    }
    let mut seen = BTreeSet::new();
    for offer in offers {
        let texts = [&offer.display_name, &offer.plugin, &offer.version, &offer.digest];
        check_provided("handler", &offer.label, &texts, &offer.schemas)?;
        if !seen.insert((offer.kind, &offer.label)) {
            let kind = offer.kind.resource();
            return wrong(format!("the {kind} {} is given twice", offer.label));
        }
    }
    Ok(())
}

/// Checks regulator hooks: labels and sizes.
///
/// # Errors
/// [`Code::InvalidValue`], saying what is wrong.
pub fn check_hooks(hooks: &[HookOffer]) -> Result<(), Error> {
    if hooks.len() > HANDLERS {
        let told = format!("there are at most {HANDLERS} hooks, not {}", hooks.len());
        return Err(Error::new(Code::InvalidValue, told));
    }
    hooks.iter().try_for_each(|hook| {
        let texts = [&hook.plugin, &hook.version, &hook.digest];
        check_provided("hook", &hook.label, &texts, &hook.schemas)
    })
}

/// Checks what a plugin provides, whatever its kind.
fn check_provided(
    what: &str,
    label: &str,
    texts: &[&String],
    schemas: &serde_json::Value,
) -> Result<(), Error> {
    let wrong = |told: String| Err(Error::new(Code::InvalidValue, told));
    label::check(label)?;
    if let Some(text) = texts.iter().find(|text| text.len() > 1_000 || text.contains('\0')) {
        let shown: String = text.chars().take(80).collect();
        return wrong(format!("{what} {label}: {shown:?}… is no name, version or hash"));
    }
    let bytes = if schemas.is_null() { 0 } else { schemas.to_string().len() };
    if bytes > SCHEMAS || !(schemas.is_null() || schemas.is_object()) {
        return wrong(format!(
            "{what} {label}: its schemas are no table of at most {SCHEMAS} bytes"
        ));
    }
    Ok(())
}

/// Checks what is said of plugins that crashed: each has a hash.
///
/// # Errors
/// [`Code::InvalidValue`], saying what is wrong.
pub fn check_crashes<'a>(crashes: impl ExactSizeIterator<Item = &'a Crash>) -> Result<(), Error> {
    if crashes.len() > HANDLERS {
        let told = format!("at most {HANDLERS} plugins crash, not {}", crashes.len());
        return Err(Error::new(Code::InvalidValue, told));
    }
    for crash in crashes {
        label::check(&crash.plugin)?;
        if !is_digest(&crash.digest) {
            let told = format!("the crash of plugin {} comes without a SHA-256", crash.plugin);
            return Err(Error::new(Code::InvalidValue, told));
        }
    }
    Ok(())
}

/// Checks what is said of calls of plugins.
///
/// # Errors
/// [`Code::InvalidValue`], saying what is wrong.
pub fn check_calls(calls: &[Called]) -> Result<(), Error> {
    if calls.len() > HANDLERS {
        let told = format!("at most {HANDLERS} calls are told at once, not {}", calls.len());
        return Err(Error::new(Code::InvalidValue, told));
    }
    calls.iter().try_for_each(|call| match call {
        Called::Crashed(crash) => check_crashes(std::iter::once(&**crash)),
        Called::Worked(digest) if is_digest(digest) => Ok(()),
        Called::Worked(_) => {
            let told = "a call that succeeded comes without the SHA-256 of its plugin";
            Err(Error::new(Code::InvalidValue, told))
        }
    })
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A worker starts, or what it offers has changed. What it no longer holds is
/// queued again; gives the attempts that it names and must stop.
///
/// # Errors
/// SQLite fails.
pub fn register(tx: &Tx<'_>, id: i64, said: &Register) -> Done<Vec<Held>> {
    let before = render::map(tx, &SYSTEM, id)?;
    set_capacity(tx, id, said.cpus)?;
    tx.execute("DELETE FROM system_arch WHERE system_id = ?1", [id])?;
    for arch in said.archs.iter().collect::<BTreeSet<_>>() {
        tx.prepare_cached("INSERT INTO system_arch (system_id, arch) VALUES (?1, ?2)")?
            .execute(params![id, arch])?;
    }
    tx.execute("DELETE FROM system_offer WHERE system_id = ?1", [id])?;
    for offer in &said.handlers {
        tx.prepare_cached(
            "INSERT INTO system_offer (system_id, kind, label, digest) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![id, offer.kind.resource(), offer.label, offer.digest])?;
    }
    for crash in &said.crashed {
        quarantine::crashed_on_worker(tx, crash)?;
    }
    edit::record_update(tx, &SYSTEM, id, &before)?;
    tx.execute("UPDATE system SET last_seen = ?2 WHERE id = ?1", params![id, tx.now()])?;
    follow(tx, id)?;
    let held = attempt::of_system(tx, id)?;
    for gone in held.iter().filter(|held| !said.held.contains(held)) {
        attempt::lose(tx, *gone, "its worker started anew without it")?;
    }
    Ok(said.held.iter().filter(|named| !held.contains(named)).copied().collect())
}

/// The number of CPUs is the capacity until an admin sets another: what
/// differs from the number that the worker gave last time was set by one.
fn set_capacity(tx: &Tx<'_>, id: i64, cpus: i64) -> Done<()> {
    let sql = "SELECT cpus FROM system_host WHERE system_id = ?1";
    let before: i64 =
        tx.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?.unwrap_or(0);
    tx.execute(
        "UPDATE system SET capacity = ?2 WHERE id = ?1 AND capacity = ?3",
        params![id, cpus, before],
    )?;
    tx.execute(
        "INSERT INTO system_host (system_id, cpus) VALUES (?1, ?2) \
         ON CONFLICT (system_id) DO UPDATE SET cpus = excluded.cpus",
        params![id, cpus],
    )?;
    Ok(())
}

/// Refuses to delete a system that is building: its worker would lose its key
/// in the middle of it. One that has built something stays for what refers to
/// it.
///
/// # Errors
/// [`Code::IllegalMove`].
pub fn before_delete(tx: &Tx<'_>, id: i64, label: &str) -> Done<()> {
    let sql = "SELECT count(*) FROM task WHERE system_id = ?1 \
               AND status IN ('Building', 'Cancelling')";
    let busy: i64 = tx.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
    if busy > 0 {
        let told = format!(
            "system {label:?} is building {busy} task{}: drain it and wait, or cancel them",
            if busy == 1 { "" } else { "s" }
        );
        return Err(Fault::told(Code::IllegalMove, told));
    }
    tx.then(move |dispatch| dispatch.without(id));
    Ok(())
}

/// Lets dispatch follow a system once this is committed.
///
/// # Errors
/// SQLite fails.
pub fn follow(tx: &Tx<'_>, id: i64) -> Done<()> {
    if let Some(system) = ready::system(tx, id)? {
        tx.then(move |dispatch| dispatch.system(system));
    }
    Ok(())
}

/// Records that a system's worker was heard of.
///
/// # Errors
/// SQLite fails.
pub fn seen(tx: &Tx<'_>, id: i64) -> Done<()> {
    tx.execute("UPDATE system SET last_seen = ?2 WHERE id = ?1", params![id, tx.now()])?;
    Ok(())
}
