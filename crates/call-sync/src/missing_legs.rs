//! Calls of which a window may have brought some rows only.
//!
//! The rows of a call appear together, seconds after it ended (Enreach reference, section 2.1), so a
//! window filtered by change brings all of them or none, but for two cases: the window starts between
//! them, or one row was changed much later, when its user marked the call as work. Then the call is
//! asked for by its id.

use std::sync::Arc;

use chrono::Duration;
use enreach_client::{EnreachApi, WindowBasis};
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::Result;
use crate::ledger::Knowledge;
use crate::legs::{Conversation, Leg, Source, fold};
use crate::window::Span;

/// How long after the end of a call its rows may appear.
const SETTLING: Duration = Duration::minutes(1);
/// Calls asked for at once.
const PARALLEL: usize = 4;

/// Whether rows of a call may be missing.
pub(crate) fn may_lack_legs(call: &Conversation, span: &Span, knowledge: Knowledge) -> bool {
    let Some(window) = span.pieces.first().filter(|_| span.basis == WindowBasis::Modified) else {
        return false;
    };
    let cut_off = |leg: &Leg| {
        let Some(modified) = leg.row.modified else { return false };
        let late = call.end.is_some_and(|end| modified - end > SETTLING);
        leg.source == Source::Calls && (late || modified - window.start() < SETTLING)
    };
    match knowledge {
        Knowledge::Known => false,
        Knowledge::Forgotten => true,
        Knowledge::New => call.legs.iter().any(cut_off),
    }
}

/// Asks for all rows of these calls. A call that Enreach does not want to tell of stays as it is.
pub(crate) async fn complete(
    api: &dyn EnreachApi,
    calls: Vec<&mut Arc<Conversation>>,
) -> Result<()> {
    let asking: Vec<_> = calls.into_iter().map(|call| complete_one(api, call)).collect();
    stream::iter(asking).buffer_unordered(PARALLEL).try_collect().await
}

async fn complete_one(api: &dyn EnreachApi, call: &mut Arc<Conversation>) -> Result<()> {
    let rows = match api.calls_with_id(&call.call).await {
        Ok(rows) => rows.rows,
        Err(error) if error.class().is_about_content() => {
            tracing::warn!(call = %call.call, "the rows of a call could not be asked for: {error}");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let new = rows.into_iter().map(|row| Leg { source: Source::Calls, row });
    let legs = call.legs.iter().cloned().chain(new.filter(|leg| leg.row.call_id == call.call));
    if let Some(whole) = fold(legs).pop() {
        *call = Arc::new(whole);
    }
    Ok(())
}
