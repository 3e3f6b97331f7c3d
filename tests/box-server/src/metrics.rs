//! What an operator watches, in the text format of Prometheus: times and counts without ids.
//!
//! It is served on an address of its own, without TLS, because it is for the machine next to the box and not for phones; by
//! default it is not served at all.

use std::fmt::{Display, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::admission::Class;
use crate::error::Refusal;
use crate::state::{App, Shared, run};
use crate::{BoxError, RouteTraffic};

/// Upper ends of the buckets of commit times, in microseconds.
pub const BUCKETS_US: [u64; 10] = [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000];

/// How long commits take, and how many requests share them.
#[derive(Debug, Default)]
pub struct Latency(Mutex<LatencyFigures>);

/// Figures of [`Latency`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyFigures {
    /// Commits at most as long as each of [`BUCKETS_US`].
    pub buckets: [u64; BUCKETS_US.len()],
    /// All commits.
    pub commits: u64,
    /// Requests that took part in them.
    pub requests: u64,
    /// Time of all commits together, microseconds.
    pub total_us: u64,
}

impl Latency {
    /// Counts a commit.
    pub fn note(&self, took: Duration, requests: usize) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let mut figures = self.0.lock().expect("no holder panics");
        figures.buckets.iter_mut().zip(BUCKETS_US).filter(|(_, end)| took <= *end).for_each(|(count, _)| *count += 1);
        figures.commits += 1;
        figures.requests += requests as u64;
        figures.total_us = figures.total_us.saturating_add(took);
    }

    /// What was counted.
    pub fn figures(&self) -> LatencyFigures {
        *self.0.lock().expect("no holder panics")
    }
}

/// Measures durations for figures alone; nothing is ever decided by it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins to measure.
    #[expect(clippy::disallowed_methods, reason = "a figure for operators, not a time that anything depends on")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since then.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The one address of the listener.
pub fn router(app: &App) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(App::clone(app))
}

async fn metrics(State(app): State<App>) -> Result<Response, Refusal> {
    let text = run(&app, |app| Ok(text(app)?)).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

fn text(app: &Shared) -> Result<String, BoxError> {
    let mut out = Exposition::default();
    traffic(app, &mut out);
    admission(app, &mut out);
    let (declared, incomplete) = (app.store.log_size()?, app.store.incomplete_cases()?);
    out.one("streife_log_size", "gauge", "Cases in the log.", declared);
    out.one("streife_cases_declared_total", "counter", "Cases that were declared.", declared);
    let complete = declared.saturating_sub(incomplete);
    out.one("streife_cases_complete_total", "counter", "Cases that have a receipt.", complete);
    out.one("streife_uploads_in_progress", "gauge", "Objects that are being written.", app.locks.count());
    commits(&app.commits.figures(), &mut out);
    Ok(out.0)
}

fn traffic(app: &Shared, out: &mut Exposition) {
    let all = app.traffic.all();
    out.head("streife_requests_total", "counter", "Answers by kind of request and status.");
    for (route, RouteTraffic { answers, .. }) in &all {
        for (status, count) in answers {
            out.line("streife_requests_total", &format!("route=\"{route:?}\",status=\"{status}\""), count);
        }
    }
    out.head("streife_request_body_bytes_total", "counter", "Bytes of request bodies that arrived.");
    for (route, traffic) in &all {
        out.line("streife_request_body_bytes_total", &format!("route=\"{route:?}\""), traffic.body_bytes);
    }
}

fn admission(app: &Shared, out: &mut Exposition) {
    let now = app.clock.read().mono_ms;
    let classes =
        [Class::Manifest, Class::Record, Class::Photo].map(|class| (class, app.admission.figures(class, now)));
    let label = |class: Class| format!("class=\"{}\"", class.name());
    out.head("streife_requests_inside", "gauge", "Requests under way.");
    classes.iter().for_each(|(class, figures)| out.line("streife_requests_inside", &label(*class), figures.inside));
    out.head("streife_requests_waiting", "gauge", "Requests that were sent away and have not come back.");
    classes.iter().for_each(|(class, figures)| out.line("streife_requests_waiting", &label(*class), figures.waiting));
    out.head("streife_requests_refused_total", "counter", "Requests that were sent away.");
    classes.iter().for_each(|(class, f)| out.line("streife_requests_refused_total", &label(*class), f.refused));
}

fn commits(figures: &LatencyFigures, out: &mut Exposition) {
    out.head("streife_commit_seconds", "histogram", "How long commits take.");
    for (count, end) in figures.buckets.iter().zip(BUCKETS_US) {
        out.line("streife_commit_seconds_bucket", &format!("le=\"{}\"", seconds(end)), count);
    }
    out.line("streife_commit_seconds_bucket", "le=\"+Inf\"", figures.commits);
    out.line("streife_commit_seconds_sum", "", seconds(figures.total_us));
    out.line("streife_commit_seconds_count", "", figures.commits);
    out.one("streife_commit_requests_total", "counter", "Requests that took part in commits.", figures.requests);
}

fn seconds(us: u64) -> f64 {
    Duration::from_micros(us).as_secs_f64()
}

#[derive(Default)]
struct Exposition(String);

impl Exposition {
    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.head(name, kind, help);
        self.line(name, "", value);
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}"); // a String takes all
    }

    fn line(&mut self, name: &str, labels: &str, value: impl Display) {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}
