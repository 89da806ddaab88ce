//! What every history starts from, made once a process: a site with a round, and terminals with answered drafts. Making them
//! takes a second; copying them takes milliseconds.

use std::{
    future::Future,
    io::Cursor,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Mutex, OnceLock},
};

use anyhow::{Context as _, Result, ensure};
use axum::{Router, body::Body};
use image::{ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;
use tower_service::Service as _;
use xunjian_central::{
    enrol, http, keys, ledger,
    log::COMMAND_LINE,
    round::{self, NewRound},
    site::{NewSite, Site},
};
use xunjian_domain::{
    ids::{PartyId, SiteId, TerminalId, VisitId},
    party::{PartyKind, Role},
    round::RoundKind,
};
use xunjian_field::{
    AssetSelector, DraftRef, Enrolment, Field, Language, NewAnswer, NewSighting, Person, Surroundings, VisitSelector,
    http::{Carrier, HttpClient},
    keys::{Effort, NoKeystore, Passphrase},
};
use xunjian_ledger::import::SourceFile;
use xunjian_proof::{
    Sha256,
    statement::{PartyRef, SiteRoot},
};

use crate::{
    call::{Answer, Call},
    world::{MORNING, ServiceSource, TabletClock, TabletIds, Time},
};

/// Terminals there may be.
pub const TERMINALS: usize = 3;
/// Visits that each may seal.
const VISITS: usize = 4;
pub const URL: &str = "http://simulated.invalid";

/// Everything prepared.
pub struct Prepared {
    folder: TempDir,
    pub root: SiteRoot,
    pub terminals: Vec<PreparedTerminal>,
    /// Photos to take, smallest first.
    pub photos: Vec<Vec<u8>>,
}

pub struct PreparedTerminal {
    pub id: TerminalId,
    pub person: Person,
    /// Answered drafts, each with the lines that a photo is due at and the number of its lines.
    pub visits: Vec<PreparedVisit>,
}

#[derive(Clone)]
pub struct PreparedVisit {
    pub id: VisitId,
    pub photo_lines: Vec<u32>,
    pub lines: u32,
}

/// In memory where there is room: a simulation writes and copies all the time.
pub fn scratch_folder() -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    let has_room = rustix::fs::statvfs(memory).is_ok_and(|disk| disk.f_bavail * disk.f_frsize > 2 << 30);
    let builder = || tempfile::Builder::new().prefix("xunjian-simulation-").tempdir_in(memory);
    Ok(if has_room { builder()? } else { tempfile::tempdir()? })
}

pub fn passphrase() -> Result<Passphrase> {
    Ok(Passphrase::new("李巡检的口令要足够长才行")?)
}

/// Opens a terminal's folder; wraps cost nothing, and there is no keystore.
pub fn open_terminal(folder: &Path, time: Time, boots: u32, first_id: u64) -> Result<Field> {
    let clock = Arc::new(TabletClock { time, boots });
    let ids = Arc::new(TabletIds(Mutex::new(first_id)));
    let surroundings = Surroundings { clock, ids, keystore: Arc::new(NoKeystore), effort: Effort::FEEBLE };
    Ok(Field::open_in(folder, surroundings)?)
}

impl Prepared {
    /// The one of this process.
    pub fn get() -> Result<&'static Self> {
        static PREPARED: OnceLock<Result<Prepared, String>> = OnceLock::new();
        let made = PREPARED.get_or_init(|| {
            let runtime = crate::runtime().map_err(|error| error.to_string())?;
            let made = runtime.block_on(make());
            xunjian_central::clock::simulated::set(None);
            made.map_err(|error| format!("{error:#}"))
        });
        made.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
    }

    pub fn service(&self) -> PathBuf {
        self.folder.path().join("service")
    }

    pub fn terminal(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("terminal-{number}"))
    }
}

/// A network without faults.
struct Direct(Router);

impl Carrier for Direct {
    fn carry(
        &self,
        request: reqwest::Request,
    ) -> Pin<Box<dyn Future<Output = Result<reqwest::Response, String>> + Send + '_>> {
        let mut router = self.0.clone();
        Box::pin(async move {
            let call = Call::read(request).await.map_err(|error| format!("{error:#}"))?;
            let Ok(response) = router.call(call.request(Body::from(call.body.clone()))).await;
            Ok(Answer::read(response).await.map_err(|error| format!("{error:#}"))?.response(None))
        })
    }
}

async fn make() -> Result<Prepared> {
    let folder = scratch_folder()?;
    let time = Time::begin(MORNING);
    let source = ServiceSource { time, ids: 0, random: fastrand::Rng::with_seed(0) };
    xunjian_central::clock::simulated::set(Some(Box::new(source)));
    let (data, root_folder) = (folder.path().join("service"), folder.path().join("root"));
    let site = Arc::new(make_site(&data, &root_folder)?);
    let router = http::router_on_one_thread(Arc::clone(&site));
    let mut terminals = Vec::new();
    for number in 0..TERMINALS {
        let at = folder.path().join(format!("terminal-{number}"));
        terminals.push(make_terminal(&site, &root_folder, &router, &at, number, time).await?);
    }
    let root = site.settings.root.clone();
    let photos = (0..10_u8).map(photo).collect::<Result<_>>()?;
    Ok(Prepared { folder, root, terminals, photos })
}

fn make_site(data: &Path, root_folder: &Path) -> Result<Site> {
    let party = |kind: PartyKind, id: &str| PartyRef { id: PartyId::new(id), kind, name: format!("某{}", kind.zh()) };
    let new = NewSite {
        id: SiteId::new("gz-sim"),
        name: "模拟站点".into(),
        label_host: "xunjian.example".into(),
        service_desk: "020-12345".into(),
        parties: vec![party(PartyKind::Provider, "provider"), party(PartyKind::Manager, "manager")],
        root_keys: 1,
        threshold: 1,
    };
    let site = Site::init(data, root_folder, &new)?;
    let source = SourceFile { name: "ledger.csv".into(), bytes: ledger_table().into_bytes() };
    ledger::import(&site, COMMAND_LINE, &[source], ledger::ImportMode::Careful)?;
    let new_round = NewRound {
        kind: RoundKind::Quarterly,
        quarter: "2026Q4".parse().ok().context("a quarter")?,
        title: String::new(),
        due: round::Due::default(),
        exclusions: Vec::new(),
        left_out: Vec::new(),
        copy_from: None,
    };
    round::open(&site, COMMAND_LINE, &new_round)?;
    Ok(site)
}

/// Twelve racks with a server each.
fn ledger_table() -> String {
    let mut table =
        "序号,机房,机柜号,U位,资源类型,品牌,型号,序列号,数量,归属单位,订单编号,上架日期,状态,备注\n".to_owned();
    for rack in 1..=TERMINALS * VISITS {
        let row = format!(
            "{rack},一号机房,A{rack:02},3-4,物理服务器,浪潮,NF5280M6,SN{rack:05},1,市公安局,DD-1,2024-02-26,在用,\n"
        );
        table.push_str(&row);
    }
    table
}

async fn make_terminal(
    site: &Site,
    root_folder: &Path,
    router: &Router,
    folder: &Path,
    number: usize,
    time: Time,
) -> Result<PreparedTerminal> {
    let name = ["李巡检", "赵巡检", "钱巡检"][number];
    enrol::add_person(site, COMMAND_LINE, name, &PartyId::new("provider"), &[Role::Inspector])?;
    let (_, code, _) = enrol::issue_code(site, COMMAND_LINE, name)?;
    let field = open_terminal(folder, time, 1, (number as u64 + 1) << 24)?;
    let carrier = || Arc::new(Direct(router.clone()));
    let passphrase = passphrase()?;
    let enrolment = Enrolment {
        code: &code,
        terminal_name: name,
        service_url: URL,
        root_fingerprint: None,
        passphrase: &passphrase,
    };
    let client = HttpClient::anonymous(URL, Language::Zh)?.carried_by(carrier());
    let enrolled = field.enrol(&client, &enrolment).await?;
    let root: Vec<_> = keys::files_in(root_folder)?.iter().map(|file| keys::read(file)).collect::<Result<_, _>>()?;
    enrol::admit(site, COMMAND_LINE, &enrol::sign_requests(&enrol::requests(site)?, &root)?)?;
    let client = HttpClient::of(&field, URL, Language::Zh)?.carried_by(carrier());
    field.pull(&client).await?;
    let person = field.person(None)?;
    let today = field.today(&person)?;
    let planned = today.rounds.first().context("a round")?.visits.iter().filter(|visit| visit.kind == "rack");
    let own: Vec<VisitId> = planned.skip(number * VISITS).take(VISITS).map(|visit| visit.id.clone()).collect();
    ensure!(own.len() == VISITS, "{} visits for terminal {number}", own.len());
    let visits = own.into_iter().map(|visit| answer_all(&field, &person, visit)).collect::<Result<_>>()?;
    Ok(PreparedTerminal { id: enrolled.terminal, person, visits })
}

/// Answers every line of a visit; photos are taken when the history runs.
fn answer_all(field: &Field, person: &Person, visit: VisitId) -> Result<PreparedVisit> {
    let view = field.start_visit(&VisitSelector::Text(visit.to_string()), person)?;
    let draft = DraftRef { visit: &visit, person: &person.id };
    let mut photo_lines = Vec::new();
    for line in &view.lines {
        if line.subject.kind.is_asset() && line.criterion.as_str() == "A.1-03a" {
            let seen = NewSighting {
                asset: AssetSelector::Ledger(line.subject.id.clone()),
                as_in_ledger: true,
                span: None,
                face: None,
                brand: None,
                model: None,
                serial: None,
                quantity: None,
                owning_unit: None,
                order_no: None,
                note: String::new(),
                photos: None,
            };
            field.sight(draft, &seen)?;
        }
        let answer = xunjian_tests::honest_answer(&serde_json::to_value(line)?);
        field.record_result(draft, &serde_json::from_value::<NewAnswer>(answer)?)?;
        if line.evidence.photos_when_normal > 0 {
            photo_lines.push(line.no);
        }
    }
    let lines = u32::try_from(view.lines.len())?;
    Ok(PreparedVisit { id: visit, photo_lines, lines })
}

/// A picture unlike the others: between one and some forty kilobytes.
fn photo(number: u8) -> Result<Vec<u8>> {
    let mut random = fastrand::Rng::with_seed(u64::from(number));
    let (width, height) = (24 + 16 * u32::from(number), 24 + 12 * u32::from(number));
    let picture = RgbImage::from_fn(width, height, |_, _| Rgb([random.u8(..), random.u8(..), number]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg)?;
    Ok(bytes.into_inner())
}

/// The hash of a photo.
pub fn name_of(photo: &[u8]) -> Sha256 {
    Sha256::of(photo)
}
