use std::collections::BTreeMap;

use super::{Digest, Dump, Intake, Manifest, PortableError, Row, Snapshot};
use crate::{Db, Ledger, MigrationState, status};

/// What became of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its name.
    pub table: String,
    /// What it holds now.
    pub digest: Digest,
}

/// Copies every row of a snapshot, from where an earlier call stopped. `told` hears of each table when it is through.
pub async fn copy(source: &Snapshot, target: &Intake, mut told: impl FnMut(&str)) -> Result<(), PortableError> {
    for table in source.tables() {
        let mut batches = source.rows(table, target.place(&table.name).await?);
        while let Some((rows, place)) = batches.next().await? {
            target.put(&table.name, &rows, place).await?;
        }
        told(&table.name);
    }
    Ok(())
}

/// Reads every row of a database and compares it with what should be there.
///
/// # Errors
/// [`PortableError::Differs`] with every table that is not the same.
pub async fn verify(expected: &BTreeMap<String, Digest>, target: &Snapshot) -> Result<Vec<Moved>, PortableError> {
    let found = target.digests().await?;
    let differs = |(name, digest): (&String, &Digest)| {
        let there = found.get(name).copied().unwrap_or_default();
        (there != *digest).then(|| format!("{name} has {} rows here and {} there, or other values", digest.rows, there.rows))
    };
    let different: Vec<String> = expected.iter().filter_map(differs).collect();
    if different.is_empty() {
        return Ok(found.into_iter().map(|(table, digest)| Moved { table, digest }).collect());
    }
    Err(PortableError::Differs(different.join("; ")))
}

impl Snapshot {
    /// The digest of every table, by name. Reads every row.
    pub async fn digests(&self) -> Result<BTreeMap<String, Digest>, PortableError> {
        let mut digests = BTreeMap::new();
        for table in self.tables() {
            let mut digest = Digest::default();
            let mut batches = self.rows(table, 0);
            while let Some((rows, _place)) = batches.next().await? {
                rows.iter().try_for_each(|row| digest.add(table, row))?;
            }
            digests.insert(table.name.clone(), digest);
        }
        Ok(digests)
    }
}

/// Writes every row of a database into a fresh dump. The manifest, whose presence makes the dump whole, is for
/// [`Dump::complete`], when all that belongs to it is there too.
///
/// # Errors
/// [`PortableError::Refused`] when something is pending, of a newer version, or of a feature that the program does not know: its tables
/// could not be made again.
pub async fn dump(db: &Db, ledgers: &[Ledger], into: &Dump) -> Result<Manifest, PortableError> {
    let migrations = applied(db, ledgers).await?;
    let known: Vec<&str> = ledgers.iter().map(|ledger| ledger.name).collect();
    let beyond = crate::ledgers_beyond(db, &known).await?;
    if !beyond.is_empty() {
        let text = format!(
            "the database has tables of {}, which this program was built without: use one that has them, or revert their migrations \
             with it if nobody needs them any more.",
            beyond.join(", ")
        );
        return Err(PortableError::Refused(text));
    }
    let source = Snapshot::open(db).await?;
    let mut tables = BTreeMap::new();
    for table in source.tables() {
        let (mut digest, mut file) = (Digest::default(), into.create(&table.name).await?);
        let mut batches = source.rows(table, 0);
        while let Some((rows, _place)) = batches.next().await? {
            rows.iter().try_for_each(|row| digest.add(table, row))?;
            file.write(&rows).await?;
        }
        file.finish().await?;
        tables.insert(table.name.clone(), digest);
    }
    Ok(Manifest::new(db.ambient().now(), migrations, tables))
}

/// Brings a dump back into an empty database: migrates it to where the dump was, fills it, compares what came in with the manifest,
/// and applies what is newer.
///
/// # Errors
/// [`PortableError::Refused`] when the dump is of a newer version or the database is not empty; [`PortableError::Differs`] when a file
/// of the dump was changed.
pub async fn restore(from: &Dump, db: &Db, mut ledgers: Vec<Ledger>) -> Result<Vec<Moved>, PortableError> {
    let manifest = from.manifest().await?;
    let (all, mut known) = (std::mem::take(&mut ledgers), 0);
    let mut then = Vec::new();
    for mut ledger in all {
        let there = manifest.migrations.get(ledger.name).cloned().unwrap_or_default();
        let (old, new): (Vec<_>, Vec<_>) = ledger.migrations.drain(..).partition(|migration| there.contains(migration.name()));
        known += old.len();
        ledgers.push(Ledger { name: ledger.name, migrations: old });
        then.push(Ledger { name: ledger.name, migrations: new });
    }
    if known != manifest.migrations.values().map(std::collections::BTreeSet::len).sum::<usize>() {
        return Err(PortableError::Refused("the backup was made by a newer version; restore it with that one.".into()));
    }
    let intake = Intake::open(db, &manifest.id(), &ledgers).await?;
    for name in manifest.tables.keys() {
        let mut lines = from.open(name, intake.place(name).await?).await?;
        while let Some((rows, place)) = lines.next().await? {
            intake.put(name, &rows, place).await?;
        }
    }
    let moved = verify(&manifest.tables, &Snapshot::open(db).await?).await?;
    intake.finish().await?;
    crate::migrate(db, &then).await?;
    Ok(moved)
}

/// What has been applied, by ledger. A ledger of which nothing is applied is of a feature that was never switched on.
///
/// # Errors
/// [`PortableError::Refused`] when something is pending or of a newer version: rows are carried between equals.
async fn applied(db: &Db, ledgers: &[Ledger]) -> Result<super::dump::Migrations, PortableError> {
    let lines = status(db, ledgers).await?;
    let mut applied = super::dump::Migrations::new();
    for line in lines.iter().filter(|line| line.state == MigrationState::Applied) {
        applied.entry(line.ledger.to_owned()).or_default().insert(line.migration.clone());
    }
    let halfway = lines.iter().find(|line| line.state != MigrationState::Applied && applied.contains_key(line.ledger));
    halfway.map_or(Ok(applied), |line| {
        let text = format!(
            "{}/{} is not applied or not known here: run `migrate up` of the version in use",
            line.ledger, line.migration
        );
        Err(PortableError::Refused(text))
    })
}

/// Rows as lines.
pub(super) fn line(row: &Row) -> Result<Vec<u8>, PortableError> {
    let mut line = serde_json::to_vec(row)?;
    line.push(b'\n');
    Ok(line)
}
