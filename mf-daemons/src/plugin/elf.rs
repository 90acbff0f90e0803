//! What can be said of a plugin's file without running any of it.

use monkeyfarm_plugin_api::abi::HEADER_SYMBOL;
use monkeyfarm_plugin_api::export::{META_MAGIC, META_SYMBOL};
use object::read::elf::{ElfFile, FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSymbol, elf};

/// Most metadata that is read, in bytes.
const META_LIMIT: u64 = 64 * 1024;

/// The farm runs on 64-bit hosts.
type Header = elf::FileHeader64<Endianness>;

/// Checks that `bytes` are a whole shared library for this machine that
/// exports what a plugin exports, and gives its metadata: JSON, unread.
///
/// # Errors
/// A sentence that goes on from the path of the file.
pub fn metadata(bytes: &[u8]) -> Result<&[u8], String> {
    if !bytes.starts_with(&elf::ELFMAG) {
        return Err("is not a shared library (no ELF file); move it away from the plugins".into());
    }
    let header = Header::parse(bytes).map_err(|_| {
        format!(
            "was built for another kind of machine than this one, which is 64-bit {}",
            std::env::consts::ARCH
        )
    })?;
    let endian = header.endian().map_err(|_| "is built for another byte order".to_string())?;
    let machine = header.e_machine(endian);
    if machine != this_machine()? || endian != Endianness::default() {
        return Err(format!(
            "was built for another machine (ELF number {}) than this one, which is {}; \
             get it for this one, or build it here",
            machine.0,
            std::env::consts::ARCH
        ));
    }
    if header.e_type(endian) != elf::ET_DYN {
        return Err("is an ELF file, but not a shared library".into());
    }
    whole(header, endian, bytes)?;
    exported(bytes)
}

/// Every segment, and the table of sections behind them, lies in the file: a
/// file that was cut short would kill whoever maps it.
fn whole(header: &Header, endian: Endianness, bytes: &[u8]) -> Result<(), String> {
    let cut = |end: u64| format!("is cut short: it has {} bytes of at least {end}", bytes.len());
    let length = bytes.len() as u64;
    let table = u64::from(header.e_shentsize(endian)) * u64::from(header.e_shnum(endian));
    let end = header.e_shoff(endian).saturating_add(table);
    if end > length {
        return Err(cut(end));
    }
    let segments = header
        .program_headers(endian, bytes)
        .map_err(|_| format!("is cut short: it has only {length} bytes"))?;
    for segment in segments {
        let (start, size) = segment.file_range(endian);
        let end = start.saturating_add(size);
        if end > length {
            return Err(cut(end));
        }
    }
    Ok(())
}

/// The bytes behind the metadata symbol.
fn exported(bytes: &[u8]) -> Result<&[u8], String> {
    let file = ElfFile::<Header>::parse(bytes)
        .map_err(|error| format!("is a shared library that is damaged: {error}"))?;
    let find =
        |name: &str| file.dynamic_symbols().find(|s| s.is_definition() && s.name() == Ok(name));
    let Some(meta) = find(META_SYMBOL) else {
        return Err(format!(
            "is a shared library, but not a MonkeyFarm plugin: it does not export {META_SYMBOL}"
        ));
    };
    if find(HEADER_SYMBOL).is_none() {
        return Err(format!(
            "says that it is a plugin, but does not export {HEADER_SYMBOL}; \
             build it with monkeyfarm-plugin-api's export!"
        ));
    }
    let (address, size) = (meta.address(), meta.size());
    if size > META_LIMIT {
        return Err(format!("has {size} bytes of metadata; the limit is {META_LIMIT}"));
    }
    at(&file, bytes, address, size)
        .and_then(|found| found.strip_prefix(META_MAGIC))
        .ok_or_else(|| "has metadata of a form that this host does not know".to_string())
}

/// What the file has at a virtual address.
fn at<'a>(
    file: &ElfFile<'a, Header>,
    bytes: &'a [u8],
    address: u64,
    size: u64,
) -> Option<&'a [u8]> {
    let endian = file.endian();
    file.elf_program_headers()
        .iter()
        .filter(|segment| segment.p_type(endian) == elf::PT_LOAD)
        .find_map(|segment| segment.data_range(endian, bytes, address, size).ok().flatten())
}

/// The number by which ELF knows this machine.
fn this_machine() -> Result<elf::Machine, String> {
    Ok(match std::env::consts::ARCH {
        "x86_64" => elf::EM_X86_64,
        "aarch64" => elf::EM_AARCH64,
        "riscv64" => elf::EM_RISCV,
        "powerpc64" => elf::EM_PPC64,
        "s390x" => elf::EM_S390,
        "loongarch64" => elf::EM_LOONGARCH,
        other => return Err(format!("cannot be checked: no plugin runs on a {other} host yet")),
    })
}
