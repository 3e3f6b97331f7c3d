//! A box that runs: started and stopped synchronously, with threads of its own.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use streife_core::domain::DeviceId;
use streife_core::testing::DevAgency;
use tokio::runtime::{Builder, Runtime};

use crate::access::{Access, Codes};
use crate::dev::{self, AgencyFile};
use crate::founding::{self, Papers};
use crate::metrics::{self, Latency};
use crate::state::{App, Shared};
use crate::store::{BlobStore, FileBlobs, MemoryBlobs, MemoryMeta, MetaStore, SqliteMeta};
use crate::{BoxConfig, BoxError, Chaos, Connection, Ledger, Storage, routes, upkeep};

/// A running box. Dropping it stops it.
pub struct RunningBox {
    app: App,
    config: BoxConfig,
    connection: Connection,
    /// The agency, if no folder has it.
    agency: Option<DevAgency>,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    handle: Handle<SocketAddr>,
    runtime: tokio::runtime::Handle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl RunningBox {
    /// Starts a box, founding it if the data folder is new. It accepts connections when this returns.
    ///
    /// # Errors
    /// [`BoxError`]; a second box on the same folder fails, too.
    pub fn start(config: BoxConfig) -> Result<Self, BoxError> {
        let commits = Arc::<Latency>::default();
        let (store, blobs) = stores(&config.storage, &commits)?;
        let (identity, Papers { authority, file, agency }) = founding::identity(&config, store.as_ref())?;
        let listener = TcpListener::bind(config.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let hosts = hosts(&config, address);
        let app = Arc::new(Shared {
            store,
            blobs,
            locks: crate::locks::Locks::default(),
            access: Access::new(&config)?,
            waiting: crate::waiting::Waiting::default(),
            upload_life_ms: config.upload_life_ms,
            admission: crate::admission::Admission::new(config.admission),
            replay: crate::replay::ReplayCache::default(),
            traffic: Arc::default(),
            commits,
            chaos: Chaos::default(),
            connections: crate::connection::Connections::default(),
            clock: Arc::clone(&config.clock),
            entropy: Arc::clone(&config.entropy),
            origins: hosts.iter().map(|host| origin(host, address.port())).collect(),
            identity,
            checkpoint: std::sync::Mutex::default(),
        });
        app.recheck()?;
        let connection = connection(&config, &app, file, authority.certificate.clone())?;
        let (handle, router) = (Handle::new(), routes::router(&app));
        let figures = config.metrics.map(|address| figures(address, &app)).transpose()?;
        let metrics = figures.as_ref().map(|figures| figures.listener.local_addr()).transpose()?;
        let tls = authority.server_tls(&hosts)?;
        let (thread, runtime) = serve(listener, tls, &app, (router, figures), handle.clone())?;
        Ok(Self { app, config, connection, agency, address, metrics, handle, runtime, thread: Some(thread) })
    }

    /// Base address, such as `https://localhost:8443`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.connection.origin
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it serves figures for an operator, if it does.
    #[must_use]
    pub const fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// What a client needs.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The development agency with its private keys, read from the data folder. The box itself never does this.
    ///
    /// # Errors
    /// [`BoxError`] if the folder was moved away, as an operator should.
    pub fn dev_agency(&self) -> Result<DevAgency, BoxError> {
        match (self.config.storage.folder(), &self.agency) {
            (Some(folder), _) => dev::read_agency(folder, &self.connection.agency),
            (None, Some(agency)) => dev::copy_agency(agency),
            (None, None) => Err(BoxError::NoFolder),
        }
    }

    /// What the box has stored and counted.
    #[must_use]
    pub fn ledger(&self) -> Ledger<'_> {
        Ledger::new(&self.app)
    }

    /// Scripts faults.
    #[must_use]
    pub fn chaos(&self) -> Chaos {
        self.app.chaos.clone()
    }

    /// Revokes a device: from now on its requests are refused.
    ///
    /// # Errors
    /// [`BoxError::Store`].
    pub fn revoke(&self, device: DeviceId) -> Result<(), BoxError> {
        self.app.store.revoke(device)
    }

    /// From now on a device may only bring home what it has: shifts it has opened here and their cases.
    ///
    /// # Errors
    /// [`BoxError::Store`].
    pub fn drain(&self, device: DeviceId) -> Result<(), BoxError> {
        self.app.store.drain(device, self.app.now_ms()).map(drop)
    }

    /// A code that lets one device enrol within so many milliseconds.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn one_time_code(&self, for_ms: i64) -> Result<String, BoxError> {
        let until = self.app.now_ms().saturating_add(for_ms);
        self.app.access.codes.issue(self.app.entropy.as_ref(), until)
    }

    /// Drops uploads whose time is over, as the box does by itself every hour.
    ///
    /// # Errors
    /// [`BoxError`].
    pub fn upkeep(&self) -> Result<(), BoxError> {
        self.runtime.block_on(upkeep::once(&self.app))
    }

    /// Stops listening, lets requests under way end, and closes the database.
    ///
    /// # Errors
    /// [`BoxError::Io`] if the server had failed before.
    pub fn stop(mut self) -> Result<(), BoxError> {
        self.handle.graceful_shutdown(Some(self.config.grace));
        self.join()
    }

    /// Ends at once: connections break and requests under way end where they stand, as when the process dies, except
    /// that a transaction or a file operation that has begun comes to its end.
    ///
    /// # Errors
    /// As [`Self::stop`].
    pub fn kill(mut self) -> Result<(), BoxError> {
        self.handle.shutdown();
        self.join()
    }

    fn join(&mut self) -> Result<(), BoxError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().map_err(|_| BoxError::Damaged("the server's thread panicked"))?.map_err(BoxError::from)
    }
}

impl Drop for RunningBox {
    fn drop(&mut self) {
        self.handle.graceful_shutdown(Some(self.config.grace));
        if let Err(error) = self.join() {
            tracing::error!(%error, "the box did not stop in order");
        }
    }
}

impl std::fmt::Debug for RunningBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningBox").field("origin", &self.connection.origin).finish_non_exhaustive()
    }
}

fn serve(
    listener: TcpListener,
    tls: RustlsConfig,
    app: &App,
    (router, figures): (Router, Option<Figures>),
    handle: Handle<SocketAddr>,
) -> Result<(JoinHandle<std::io::Result<()>>, tokio::runtime::Handle), BoxError> {
    let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("streife-box").enable_all().build()?;
    let server = {
        let _inside = runtime.enter(); // registers the listener
        axum_server::from_tcp(listener)?
    };
    let server = server.acceptor(RustlsAcceptor::new(tls).acceptor(app.connections.clone())).handle(handle);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let inside = runtime.handle().clone();
    inside.spawn(upkeep::run_forever(Arc::clone(app)));
    let serving = move |runtime: Runtime| {
        runtime.block_on(async {
            let figures = figures.map(|figures| tokio::spawn(figures.serve())); // ends with the runtime
            let served = server.http1_only().serve(service).await;
            drop(figures);
            served
        })
    };
    Ok((std::thread::Builder::new().name("streife-box".to_owned()).spawn(move || serving(runtime))?, inside))
}

/// Makes a one-time enrolment code that counts for so many milliseconds. The box need not run, but must have been founded.
///
/// # Errors
/// [`BoxError`]; [`BoxError::NoFolder`] for a box in memory, whose codes only [`RunningBox::one_time_code`] makes.
pub fn issue_code(config: &BoxConfig, for_ms: i64) -> Result<String, BoxError> {
    let folder = config.storage.folder().ok_or(BoxError::NoFolder)?;
    AgencyFile::read(folder)?;
    let until = config.clock.read().unix_ms.saturating_add(for_ms);
    Codes::of(folder).issue(config.entropy.as_ref(), until)
}

type Stores = (Arc<dyn MetaStore>, Arc<dyn BlobStore>);

/// Opens what a box keeps everything in. `commits` learns how long commits to the box's own database take.
fn stores(storage: &Storage, commits: &Arc<Latency>) -> Result<Stores, BoxError> {
    storage.folder().map_or(Ok(()), std::fs::create_dir_all)?;
    Ok(match storage {
        Storage::Folder(data) => {
            let store = SqliteMeta::measured(data, Arc::clone(commits))?;
            (Arc::new(store), Arc::new(FileBlobs::open(data)?))
        }
        Storage::Memory => (Arc::new(MemoryMeta::default()), Arc::new(MemoryBlobs::default())),
        Storage::Own { meta, blobs, .. } => (Arc::clone(meta), Arc::clone(blobs)),
    })
}

/// The operator's listener.
struct Figures {
    listener: TcpListener,
    router: Router,
}

impl Figures {
    async fn serve(self) -> std::io::Result<()> {
        axum_server::from_tcp(self.listener)?.serve(self.router.into_make_service()).await
    }
}

fn figures(address: SocketAddr, app: &App) -> Result<Figures, BoxError> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(Figures { listener, router: metrics::router(app) })
}

/// Names and addresses that the certificate is for; the first one makes the origin.
fn hosts(config: &BoxConfig, address: SocketAddr) -> Vec<String> {
    let mut hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let ip = (!address.ip().is_unspecified()).then(|| address.ip().to_string());
    for host in ip.into_iter().chain(config.hosts.iter().cloned()) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

fn origin(host: &str, port: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if port == 443 { format!("https://{host}") } else { format!("https://{host}:{port}") }
}

/// Tells the dev folder the present address and collects what clients need.
fn connection(config: &BoxConfig, app: &Shared, mut file: AgencyFile, ca_pem: String) -> Result<Connection, BoxError> {
    let origin = app.origins.first().cloned().unwrap_or_default();
    if file.url != origin {
        file.url.clone_from(&origin);
        config.storage.folder().map_or(Ok(()), |folder| file.write(folder))?;
    }
    let point = |hex: &str| {
        streife_core::domain::from_hex::<65>(hex).map(Vec::from).map_err(|_| BoxError::Damaged("dev/agency.json"))
    };
    Ok(Connection {
        origin,
        ca_pem,
        agency_root: point(&file.agency_root)?,
        box_key: point(&file.box_key)?,
        agency: file.agency,
        box_id: file.box_id,
        enrolment_code: file.enrolment_code,
        desk_token: file.desk_token,
    })
}
