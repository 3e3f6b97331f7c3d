//! What the box does by itself: once an hour it drops unfinished uploads whose time is over.
//!
//! A request that meets such an upload first does the same, so nothing depends on the hour.

use std::time::Duration;

use crate::BoxError;
use crate::error::Refusal;
use crate::state::{App, run};

const EVERY: Duration = Duration::from_secs(3600);

/// Until the box stops.
pub async fn run_forever(app: App) {
    let mut hours = tokio::time::interval(EVERY);
    loop {
        hours.tick().await;
        if let Err(error) = once(&app).await {
            tracing::error!(%error, "upkeep failed and is tried again in an hour");
        }
    }
}

/// One round.
pub async fn once(app: &App) -> Result<(), BoxError> {
    let failed = |_: Refusal| BoxError::Damaged("upkeep failed; see the log");
    let ended = run(app, |app| Ok(app.store.ended_uploads(app.now_ms())?)).await.map_err(failed)?;
    for object in ended {
        let _turn = app.locks.take(object).await;
        run(app, move |app| Ok(app.expire_if_due(object)?)).await.map_err(failed)?;
    }
    Ok(())
}
