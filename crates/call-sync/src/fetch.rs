//! Reading a window from Enreach: at most one request for each list and piece.

use enreach_client::{CallRow, EnreachApi, Rows, UnreadableRow};
use settings::TenantSettings;

use crate::Result;
use crate::legs::{Leg, Source};
use crate::window::Span;

/// The rows of a window.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    /// Rows that could be read.
    pub(crate) legs: Vec<Leg>,
    /// Rows that could not.
    pub(crate) unreadable: Vec<UnreadableRow>,
}

/// Reads the lists that the settings ask for.
pub(crate) async fn fetch(
    api: &dyn EnreachApi,
    span: &Span,
    settings: &TenantSettings,
) -> Result<Fetched> {
    let service = settings.process_service_calls || settings.process_service_calls_unanswered;
    let mut fetched = Fetched::default();
    for piece in &span.pieces {
        let calls = async {
            match settings.process_direct_calls {
                true => api.calls(span.basis, *piece).await,
                false => Ok(Rows::default()),
            }
        };
        let service_calls = async {
            match service {
                true => api.service_calls(span.basis, *piece).await,
                false => Ok(Rows::default()),
            }
        };
        let (calls, service_calls) = futures::try_join!(calls, service_calls)?;
        fetched.add(Source::Calls, calls);
        fetched.add(Source::ServiceCalls, service_calls);
    }
    Ok(fetched)
}

impl Fetched {
    fn add(&mut self, source: Source, rows: Rows<CallRow>) {
        self.legs.extend(rows.rows.into_iter().map(|row| Leg { source, row }));
        self.unreadable.extend(rows.unreadable);
    }
}
