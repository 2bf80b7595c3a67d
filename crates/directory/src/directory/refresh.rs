//! Bringing one table of the directory up to date.
//!
//! Changes go to the store first and then into memory: whatever fails, memory is never ahead.

use chrono::{DateTime, Duration, Utc};
use dataverse_client::{ChangePage, ChangeToken, Query, Row, ServiceError, change_pages, rows};
use futures::TryStreamExt;
use settings::Finding;
use sync_store::DirectoryChanges;
use uuid::Uuid;
use voice_model::error_chain;

use super::progress::Progress;
use super::{Directory, Entry, Grounding, snapshot};
use crate::Result;

/// Polling by `modifiedon` asks for this much of the time before once more: rows that were being
/// written, and clocks that differ.
const OVERLAP: Duration = Duration::minutes(10);
/// A table that is polled is loaded whole this often: deletions show in no other way. One that is
/// absent is looked for this often.
const RELOAD: Duration = Duration::hours(24);
/// A token is kept anew this often although nothing changes: an idle one expires after days
/// (reference, section 5).
const KEEP_TOKEN: Duration = Duration::hours(6);
/// Rows of a query that are applied together.
const ROWS_AT_ONCE: usize = 5_000;

type Answer<T = ()> = dataverse_client::Result<T>;

/// Brings a table up to date.
pub(super) async fn table(
    directory: &mut Directory,
    index: usize,
    grounding: &Grounding<'_>,
) -> Result<()> {
    if directory.tables[index].source.is_unused() {
        directory.tables[index].progress = Some(Progress::Absent { checked_at: grounding.now });
        return Ok(());
    }
    let mut refresh = Refresh { directory, index, grounding };
    match refresh.current().clone() {
        Some(Progress::Tracked { token }) => {
            match refresh.follow(Some(&ChangeToken::new(token))).await? {
                Err(error) if error.is_change_token_expired() => refresh.load().await,
                answer => Ok(answer?),
            }
        }
        Some(Progress::Polled { since, loaded_at })
            if (loaded_at..loaded_at + RELOAD).contains(&grounding.now) =>
        {
            Ok(refresh.poll(since, loaded_at).await??)
        }
        Some(Progress::Absent { checked_at })
            if (checked_at..checked_at + RELOAD).contains(&grounding.now) =>
        {
            Ok(())
        }
        _ => refresh.load().await,
    }
}

struct Refresh<'r, 'g> {
    directory: &'r mut Directory,
    index: usize,
    grounding: &'r Grounding<'g>,
}

impl Refresh<'_, '_> {
    fn current(&self) -> &Option<Progress> {
        &self.directory.tables[self.index].progress
    }

    /// Loads the table whole. Columns of the setting that it does not have give way to the usual
    /// ones, with a finding.
    async fn load(&mut self) -> Result<()> {
        let error = match self.load_as_wanted().await? {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let source = &self.directory.tables[self.index].source;
        if source.table.may_be_missing()
            && error.service().is_some_and(ServiceError::is_table_missing)
        {
            tracing::debug!(table = source.table.name(), "this environment has no such table");
            let checked_at = self.grounding.now;
            self.directory.tables[self.index].progress = Some(Progress::Absent { checked_at });
            return Ok(());
        }
        let Some(usual) = source.with_usual_columns().filter(|_| error.class().is_about_content())
        else {
            return Err(error.into());
        };
        let message = format!(
            "{} cannot be searched by {}; the usual columns are used. Dynamics says: {}",
            source.table.name(),
            source.phones(),
            error_chain(&error)
        );
        self.directory.tables[self.index].source = usual;
        self.directory.tables[self.index].finding = Some(Finding::new("MatchColumns", message));
        Ok(self.load_as_wanted().await??)
    }

    async fn load_as_wanted(&mut self) -> Result<Answer> {
        let now = self.grounding.now;
        self.directory.tables[self.index].progress = None;
        self.directory.tables[self.index].saved_at = None;
        self.directory.forget(self.index);
        let table = self.directory.tables[self.index].source.table.name();
        let load = self.grounding.store.clear_directory(self.grounding.tenant, table).await?;
        self.directory.tables[self.index].load = load;
        match self.follow(None).await? {
            Err(error) if error.is_change_tracking_off() => {
                let whole = self.directory.tables[self.index].source.whole();
                self.ask(&whole, Progress::Polled { since: now, loaded_at: now }).await
            }
            answer => Ok(answer),
        }
    }

    /// Applies the changes since a token; without one, the whole table.
    async fn follow(&mut self, since: Option<&ChangeToken>) -> Result<Answer> {
        let tracked = self.directory.tables[self.index].source.tracked();
        let api = self.grounding.api;
        let mut pages = std::pin::pin!(change_pages(api, &tracked, since));
        loop {
            match pages.try_next().await {
                Ok(Some(ChangePage { rows, deleted, token, .. })) => {
                    let token = token.map(|token| token.as_str().to_owned());
                    let progress = token.map(|token| Progress::Tracked { token });
                    self.apply(rows, deleted, progress).await?;
                }
                Ok(None) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    async fn poll(&mut self, since: DateTime<Utc>, loaded_at: DateTime<Utc>) -> Result<Answer> {
        let progress = Progress::Polled { since: self.grounding.now, loaded_at };
        let query = self.directory.tables[self.index].source.modified_since(since - OVERLAP);
        self.ask(&query, progress).await
    }

    async fn ask(&mut self, query: &Query, progress: Progress) -> Result<Answer> {
        let api = self.grounding.api;
        let mut found = std::pin::pin!(rows(api, query));
        let mut some = Vec::new();
        loop {
            match found.try_next().await {
                Ok(Some(row)) => some.push(row),
                Ok(None) => break,
                Err(error) => return Ok(Err(error)),
            }
            if some.len() == ROWS_AT_ONCE {
                self.apply(std::mem::take(&mut some), Vec::new(), None).await?;
            }
        }
        self.apply(some, Vec::new(), Some(progress)).await?;
        Ok(Ok(()))
    }

    /// Applies some changes; with the last of them comes the progress.
    async fn apply(
        &mut self,
        rows: Vec<Row>,
        deleted: Vec<Uuid>,
        progress: Option<Progress>,
    ) -> Result<()> {
        let now = self.grounding.now;
        let table = &self.directory.tables[self.index];
        let (mut held, mut gone): (Vec<(Uuid, Entry)>, Vec<Uuid>) = (Vec::new(), deleted);
        for (id, entry) in rows.iter().filter_map(|row| table.source.read(row)) {
            match entry {
                Some(entry) => held.push((id, entry)),
                None => gone.push(id),
            }
        }
        // Of a table that is just being loaded nothing is there that could go.
        if table.progress.is_none() {
            gone.clear();
        }
        let nothing_new = held.is_empty() && gone.is_empty();
        let kept_recently = table.saved_at.is_some_and(|at| (at..at + KEEP_TOKEN).contains(&now));
        if !(nothing_new && kept_recently) {
            let changes = DirectoryChanges {
                upserts: held.iter().map(|(id, entry)| snapshot::row(*id, entry)).collect(),
                deletions: gone.clone(),
                token: progress.as_ref().map(|progress| progress.to_text(&table.source)),
            };
            let Grounding { store, tenant, .. } = *self.grounding;
            let name = table.source.table.name();
            // If another process has begun a new load, it keeps the snapshot; what is held here is
            // right all the same.
            store.save_directory_changes(tenant, name, table.load, &changes).await?;
            self.directory.tables[self.index].saved_at = Some(now);
        }
        self.take_over(held, gone);
        if let Some(progress) = progress {
            self.directory.tables[self.index].progress = Some(progress);
        }
        Ok(())
    }

    fn take_over(&mut self, held: Vec<(Uuid, Entry)>, gone: Vec<Uuid>) {
        let table = self.directory.tables[self.index].source.table;
        let mut changed = !held.is_empty();
        for (_, entry) in held {
            self.directory.hold(entry);
        }
        for id in gone {
            changed |= self.directory.drop_row(table, id);
        }
        self.directory.changed |= changed;
        if changed && table == super::DirectoryTable::Users {
            self.directory.rebuild_book();
        }
    }
}
