//! The first start: keys, certificate authority, a development agency, and its signatures on what the box serves.
//!
//! Files come first and the settings in the database last, in one transaction. A crash before that leaves files that
//! nobody relies on, and the next start founds anew; after it, nothing is ever made again: a missing key is an error. A box
//! in memory has no files; it is founded at each start.

use std::fs;
use std::path::{Path, PathBuf};

use streife_core::domain::{Agency, BoxId, to_hex};
use streife_core::ports::Entropy;
use streife_core::seal::{
    Hash, RecipientSet, Signed, SignedCatalogue, SignedGeoPack, SignedPlateTable, SignedRules, SoftwareKey,
    VerifyingKey,
};
use streife_core::testing::DevAgency;

use crate::dev::{self, AgencyFile};
use crate::key::BoxKey;
use crate::state::Identity;
use crate::store::MetaStore;
use crate::tls::Authority;
use crate::{BoxConfig, BoxError, files};

/// What a box has beside its stores.
pub struct Papers {
    /// Certificate authority of its addresses.
    pub authority: Authority,
    /// What clients are told.
    pub file: AgencyFile,
    /// The agency with its private keys, if no folder has them.
    pub agency: Option<DevAgency>,
}

/// Loads the identity of the box, founding it at the first start.
pub fn identity(config: &BoxConfig, store: &dyn MetaStore) -> Result<(Identity, Papers), BoxError> {
    let founded = match store.setting(BOX_ID)? {
        None => Some(found(config, store)?),
        Some(_) => None,
    };
    let (key, papers) = match config.storage.folder() {
        Some(folder) => read_papers(folder)?,
        None => founded.ok_or(BoxError::NoFolder)?,
    };
    Ok((load(config, store, key)?, papers))
}

fn read_papers(data: &Path) -> Result<(SoftwareKey, Papers), BoxError> {
    let read = |file: PathBuf| fs::read_to_string(file).map_err(|_| BoxError::Damaged("a file of the authority"));
    let key = SoftwareKey::from_bytes(&files::read_secret(&box_key(data))?)?;
    let authority = Authority { certificate: read(ca_certificate(data))?, key: read(ca_key(data))? };
    Ok((key, Papers { authority, file: AgencyFile::read(data)?, agency: None }))
}

const BOX_ID: &str = "box_id";
const AGENCY: &str = "agency";
const AGENCY_ROOT: &str = "agency_root";
const ENROLMENT: &str = "enrolment_code_hash";
const DESK: &str = "desk_token_hash";
const RECIPIENTS: &str = "recipients";
const OFFENCES: &str = "catalogue_offences";
const RULES: &str = "catalogue_rules";
/// Registers by the name in their address, with their setting.
const REGISTERS: [(&str, &str); 3] =
    [("geo", "register_geo"), ("prefixes", "register_prefixes"), ("nations", "register_nations")];

fn found(config: &BoxConfig, store: &dyn MetaStore) -> Result<(SoftwareKey, Papers), BoxError> {
    let entropy: &dyn Entropy = config.entropy.as_ref();
    let agency = DevAgency::found(&config.agency, entropy)?;
    let key = SoftwareKey::generate(entropy)?;
    let box_id = BoxId::new(entropy.array()?);
    let file = AgencyFile {
        agency: config.agency.clone(),
        agency_root: to_hex(&agency.root.verifying_key().to_sec1()),
        box_key: to_hex(&key.verifying_key().to_sec1()),
        box_id,
        desk_token: to_hex(&entropy.array::<32>()?),
        enrolment_code: to_hex(&entropy.array::<8>()?),
        url: String::new(),
    };
    let authority = Authority::found()?;
    if let Some(folder) = config.storage.folder() {
        write_files(folder, &key, &agency, (&authority, &file))?;
    }
    store.put_settings(&[
        (BOX_ID, box_id.as_bytes()),
        (AGENCY, config.agency.as_bytes()),
        (AGENCY_ROOT, &agency.root.verifying_key().to_sec1()),
        (ENROLMENT, &Hash::of(&[file.enrolment_code.as_bytes()]).0),
        (DESK, &Hash::of(&[file.desk_token.as_bytes()]).0),
        (RECIPIENTS, &agency.recipient_set(config.clock.read().unix_ms)?),
        (OFFENCES, &agency.sign_catalogue(&config.catalogue)?),
    ])?;
    put_registers(config, store, &agency)?;
    let rules = config.rules.as_ref().map(|rules| agency.sign_rules(rules)).transpose()?;
    rules.map_or(Ok(()), |rules| store.put_settings(&[(RULES, &rules)]))?;
    Ok((key, Papers { authority, file, agency: Some(agency) }))
}

/// A crash before the end leaves a box without some of them, which it may be: phones have their own.
fn put_registers(config: &BoxConfig, store: &dyn MetaStore, agency: &DevAgency) -> Result<(), BoxError> {
    let [(_, geo), (_, prefixes), (_, nations)] = REGISTERS;
    let [prefix_table, nation_table] = &config.plate_tables;
    let prefix_table = agency.sign_plate_table(prefix_table)?;
    store.put_settings(&[(prefixes, &prefix_table), (nations, &agency.sign_plate_table(nation_table)?)])?;
    let pack = config.geo_pack.as_ref().map(|pack| agency.sign_geo_pack(pack)).transpose()?;
    pack.map_or(Ok(()), |pack| store.put_settings(&[(geo, &pack)]))
}

/// Those that are there, by name.
fn registers(store: &dyn MetaStore, root: &VerifyingKey) -> Result<Vec<(&'static str, Vec<u8>)>, BoxError> {
    let mut found = Vec::new();
    for (name, setting) in REGISTERS {
        let Some(signed) = store.setting(setting)? else { continue };
        match name {
            "geo" => drop(Signed::<SignedGeoPack>::verify(&signed, root)?),
            _ => drop(Signed::<SignedPlateTable>::verify(&signed, root)?),
        }
        found.push((name, signed));
    }
    Ok(found)
}

fn write_files(
    data: &Path,
    key: &SoftwareKey,
    agency: &DevAgency,
    (authority, file): (&Authority, &AgencyFile),
) -> Result<(), BoxError> {
    fs::create_dir_all(data.join("keys"))?;
    files::write_secret(&box_key(data), &to_hex(&key.to_bytes()))?;
    files::write_secret(&ca_key(data), &authority.key)?;
    files::replace(&ca_certificate(data), authority.certificate.as_bytes())?;
    dev::write_agency(data, agency, &authority.certificate)?;
    file.write(data)?;
    Ok(files::sync_folder(data)?)
}

fn load(config: &BoxConfig, store: &dyn MetaStore, key: SoftwareKey) -> Result<Identity, BoxError> {
    let need = |name| store.setting(name)?.ok_or(BoxError::Damaged("a setting is missing"));
    let name = String::from_utf8(need(AGENCY)?).map_err(|_| BoxError::Damaged("the agency's name"))?;
    let root = VerifyingKey::from_sec1(&need(AGENCY_ROOT)?)?;
    let recipients = need(RECIPIENTS)?;
    let set = Signed::<RecipientSet>::verify(&recipients, &root)?.into_payload();
    let offences = need(OFFENCES)?;
    Signed::<SignedCatalogue>::verify(&offences, &root)?;
    let rules = store.setting(RULES)?;
    rules.iter().try_for_each(|rules| Signed::<SignedRules>::verify(rules, &root).map(drop))?;
    Ok(Identity {
        key: BoxKey::from_bytes(&key.to_bytes())?,
        box_id: BoxId::try_from(need(BOX_ID)?.as_slice()).map_err(|_| BoxError::Damaged("the box's id"))?,
        agency: Agency(name),
        enrolment: Hash::try_from(need(ENROLMENT)?.as_slice())?,
        desk: Hash::try_from(need(DESK)?.as_slice())?,
        recipients: (recipients, set),
        rules,
        offences,
        registers: registers(store, &root)?,
        numbers: (config.number_prefix, config.range_size),
    })
}

fn box_key(data: &Path) -> PathBuf {
    data.join("keys").join("box.key")
}

fn ca_key(data: &Path) -> PathBuf {
    data.join("keys").join("tls-ca.key")
}

fn ca_certificate(data: &Path) -> PathBuf {
    data.join("keys").join("tls-ca.pem")
}
