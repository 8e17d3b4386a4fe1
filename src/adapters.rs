//! Connects `observe`, which knows no proxy, with the proxy's measurements and its admin port.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lockpolicy::http::Resource;
use observe::dashboard::{self, DashboardRoutes, Stream};
use observe::metrics::{Direction, Metrics, render};
use proxy::{Page, PageContent, PageRequest, PageResponse, ProxyMetrics, TextStream};

/// Counts what the proxy measures.
#[derive(Debug)]
pub(crate) struct MetricsAdapter {
    pub(crate) metrics: Arc<Metrics>,
    /// True if this process is the only one that sends gauges to its daemon: several would overwrite each
    /// other's.
    pub(crate) has_gauges: bool,
}

impl ProxyMetrics for MetricsAdapter {
    fn request_started(&self) {
        if self.has_gauges {
            self.metrics.in_flight.add((), 1);
        }
    }

    fn request_finished(&self) {
        if self.has_gauges {
            self.metrics.in_flight.subtract_one(());
        }
    }

    fn bytes_received(&self, bytes: u64) {
        self.metrics.content_bytes.add((Direction::Request,), bytes);
    }

    fn bytes_sent(&self, bytes: u64) {
        self.metrics.content_bytes.add((Direction::Answer,), bytes);
    }

    fn overhead(&self, time: Duration) {
        self.metrics.overhead_seconds.observe(time);
    }

    fn upstream_latency(&self, time: Duration) {
        self.metrics.upstream_seconds.observe(time);
    }

    fn exhausted(&self, resource: Resource) {
        self.metrics.exhausted.add((resource,), 1);
    }

    fn upstream_failed(&self) {
        self.metrics.upstream_errors.add((), 1);
    }

    fn render(&self) -> Option<String> {
        Some(render(&self.metrics))
    }
}

/// Answers for the dashboard on the admin port.
#[derive(Debug)]
pub(crate) struct AdminPage(pub(crate) DashboardRoutes);

impl Page for AdminPage {
    fn is_open(&self, path: &str) -> bool {
        self.0.is_open(path)
    }

    fn response(&self, request: &PageRequest<'_>) -> PageResponse {
        let response = self.0.response(request.path, request.query, request.resume);
        PageResponse {
            status: response.status,
            kind: response.content_type,
            content: match response.content {
                dashboard::Content::Whole(text) => PageContent::Whole(text),
                dashboard::Content::Stream(stream) => {
                    PageContent::Stream(Box::new(AdminStream(stream)))
                }
            },
        }
    }
}

/// Events of the dashboard as they come.
#[derive(Debug)]
struct AdminStream(Box<Stream>);

impl TextStream for AdminStream {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<String>> {
        self.0.poll(cx).map(Some)
    }
}
