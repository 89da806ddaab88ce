//! rclone, which copies the photos to an nginx with WebDAV.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::ensure;

use crate::{
    measured::{Measured, World},
    programs::{mortal, text},
    side::{Running, SERVICE},
};

const PORT: u16 = 8080;

/// Where nginx was unpacked to by `scripts/setup.sh peers`.
#[derive(Debug, Clone)]
pub struct Nginx {
    root: PathBuf,
}

impl Nginx {
    /// The one in this folder.
    ///
    /// # Errors
    /// When it is not there.
    pub fn of(peers: &Path) -> anyhow::Result<Self> {
        let root = peers.join("nginx");
        ensure!(root.join("usr/sbin/nginx").is_file(), "nginx is not in {}: scripts/setup.sh peers", root.display());
        Ok(Self { root: root.canonicalize()? })
    }

    fn command(&self) -> Command {
        mortal(self.root.join("usr/sbin/nginx"))
    }

    /// `nginx version: nginx/1.22.1`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn version(&self) -> anyhow::Result<String> {
        let said = self.command().arg("-v").output()?;
        Ok(String::from_utf8_lossy(&said.stderr).trim().replace("nginx version: ", ""))
    }

    fn serve(&self, world: &World, folder: &Path) -> anyhow::Result<Running> {
        fs::create_dir_all(folder.join("files"))?;
        fs::create_dir_all(folder.join("bodies"))?;
        let config = folder.join("nginx.conf");
        fs::write(&config, self.config(folder))?;
        let mut command = self.command();
        command.arg("-e").arg(folder.join("error.log")).arg("-p").arg(folder).arg("-c").arg(&config);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut running = world.service.spawn(command)?;
        wait_for(world, PORT, &mut running)?;
        Ok(running)
    }

    fn config(&self, folder: &Path) -> String {
        let (module, folder) = (self.root.join("usr/lib/nginx/modules/ngx_http_dav_ext_module.so"), folder.display());
        format!(
            "load_module {module};
             daemon off;
             master_process off;
             pid {folder}/nginx.pid;
             error_log {folder}/error.log;
             events {{ worker_connections 256; }}
             http {{
                 access_log off;
                 client_body_temp_path {folder}/bodies;
                 proxy_temp_path {folder}/bodies;
                 fastcgi_temp_path {folder}/bodies;
                 uwsgi_temp_path {folder}/bodies;
                 scgi_temp_path {folder}/bodies;
                 server {{
                     listen {SERVICE}:{PORT};
                     root {folder}/files;
                     client_max_body_size 0;
                     keepalive_requests 100000;
                     location / {{
                         dav_methods PUT DELETE MKCOL COPY MOVE;
                         dav_ext_methods PROPFIND OPTIONS;
                         create_full_put_path on;
                     }}
                 }}
             }}\n",
            module = module.display()
        )
    }
}

/// Waits until something listens at the service's side.
///
/// # Errors
/// When the program ends instead, or nothing listens within thirty seconds.
pub fn wait_for(world: &World, port: u16, running: &mut Running) -> anyhow::Result<()> {
    let (to, deadline) = (SocketAddr::new(SERVICE, port), Instant::now() + Duration::from_secs(30));
    loop {
        if world.service.run(move || TcpStream::connect(to))?.is_ok() {
            return Ok(());
        }
        running.check()?;
        ensure!(Instant::now() < deadline, "nothing listens on port {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `rclone v1.60.1-DEV`.
///
/// # Errors
/// When it is not installed.
pub fn rclone_version() -> anyhow::Result<String> {
    let said = text(Command::new("rclone").arg("version"))?;
    Ok(said.lines().next().unwrap_or_default().to_owned())
}

/// Copies the files of `photos` with so many transfers at once.
///
/// # Errors
/// When a program cannot be run, or bytes are missing at the other end although rclone was content.
pub fn run(
    world: &World,
    nginx: &Nginx,
    photos: &Path,
    transfers: u32,
    loss_percent: f64,
    patience: Duration,
) -> anyhow::Result<Measured> {
    let folder = world.empty_run_folder()?;
    let serving = nginx.serve(world, folder)?;
    let mut copy = mortal("rclone");
    copy.args(["copy", "--transfers", &transfers.to_string()]).arg(photos).arg("dav:photos");
    copy.arg("--config").arg(folder.join("rclone.conf")).arg("--cache-dir").arg(folder.join("cache"));
    copy.env("RCLONE_CONFIG_DAV_TYPE", "webdav").env("RCLONE_CONFIG_DAV_VENDOR", "other");
    copy.env("RCLONE_CONFIG_DAV_URL", format!("http://{SERVICE}:{PORT}/"));
    let timer = world.begin(world.conditions(&format!("rclone {transfers}"), loss_percent));
    let ended = world.run_client(copy, &folder.join("rclone.log"), timer.begun() + patience)?;
    let measured = timer.read(world, ended.code == Some(0));
    drop(serving);
    if measured.is_complete {
        let (sent, there) = (sizes(photos)?, sizes(&folder.join("files/photos"))?);
        ensure!(sent == there, "rclone left {there:?} of {sent:?}");
    }
    world.empty_run_folder()?;
    Ok(measured)
}

/// Files of a folder, and their bytes.
///
/// # Errors
/// When it cannot be read.
pub fn sizes(folder: &Path) -> anyhow::Result<(usize, u64)> {
    let lengths = fs::read_dir(folder)?.map(|file| Ok(file?.metadata()?.len()));
    let lengths = lengths.collect::<std::io::Result<Vec<u64>>>()?;
    Ok((lengths.len(), lengths.iter().sum()))
}
