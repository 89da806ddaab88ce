//! The sentences for people: what happened and what to do, in Chinese and English.

use rusqlite::ErrorCode;
use xunjian_domain::{
    label_code::CodeError,
    text::{Language, Text},
    value::Mismatch,
};
use xunjian_protocol::ApiError;

use super::FieldError;
use crate::{
    keys::{MIN_PASSPHRASE, MIN_PIN},
    vm_table::VmTableError,
};

impl FieldError {
    /// What happened and what to do.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one sentence an error; splitting the list would hide one")]
    pub fn text(&self) -> Text {
        match self {
            Self::NotEnrolled => Text::new(
                "本终端尚未登记，请先用登记码登记（enrol）",
                "This terminal is not enrolled: enrol it with a code first",
            ),
            Self::UnknownPerson(name) => Text::new(
                format!("本终端没有登记“{name}”，请核对姓名，或先为其登记"),
                format!("Nobody called “{name}” is enrolled here: check the name, or enrol the person first"),
            ),
            Self::SeveralPersons(names) => Text::new(
                format!("本终端登记了多人（{}），请用 --person 指明是谁在操作", names.join("、")),
                format!("Several people are enrolled here ({}): say who acts with --person", names.join(", ")),
            ),
            Self::Relay(error) => error.text(),
            Self::NoRelayKey => Text::new(
                "还不知道服务的摆渡密钥：请先联网同步一次，或用管理员给的邀请文件登记",
                "The service's relay key is not known yet: synchronise once over a line, or enrol with the administrator's invitation file",
            ),
            Self::NoAnswers(place) => Text::new(
                format!(
                    "在 {place} 没有找到服务端的应答（文件名以 xunjian-down- 开头）：请确认 U 盘已插好，并已在服务端导入本机的包、导出应答"
                ),
                format!(
                    "There is no answer of the service in {place} (their names begin with xunjian-down-): check the stick, and that \
                     the service took in this terminal's bundle and wrote its answer"
                ),
            ),
            Self::NotDelivered => Text::new(
                "这份记录还没有回执，验真包要靠回执证明已送达：请先同步，或用 U 盘中转取回应答",
                "This record has no receipt yet, and a pack proves its delivery by the receipt: synchronise first, or bring the answer by a stick",
            ),
            Self::PackageInParts => Text::new(
                "任务包的其余部分在同一次导出的另一个摆渡包里：请把各个包都导入，次序不限；现有任务照常使用",
                "The rest of the work package is in another bundle of the same export: import them all, in any order. The present work stays in use",
            ),
            Self::NotBegun => Text::new(
                "本机没有用这个登记码做过登记请求，或此包不是它的应答：请核对登记码，或先用邀请文件导出登记请求",
                "No request to be enrolled was made here with this code, or this is not its answer: check the code, or write the request first, with the invitation file",
            ),
            Self::PassphraseMissing => Text::new(
                "需要签名口令：请设置 XUNJIAN_PASSPHRASE、用 --passphrase-file 指定文件，或在终端中输入",
                "The signing passphrase is needed: set XUNJIAN_PASSPHRASE, give --passphrase-file, or type it at a terminal",
            ),
            Self::PassphraseTooShort { length } => Text::new(
                format!(
                    "口令只有 {length} 个字符，至少需要 {MIN_PASSPHRASE} 个：本机没有系统密钥库，短口令在设备丢失后几小时内就能被试出"
                ),
                format!(
                    "The passphrase has {length} characters; at least {MIN_PASSPHRASE} are needed: this device has no system \
                     keystore, so a short one could be guessed within hours once the device is lost"
                ),
            ),
            Self::PinTooShort { length } => Text::new(
                format!("PIN 只有 {length} 位，至少需要 {MIN_PIN} 位"),
                format!("The PIN has {length} characters; at least {MIN_PIN} are needed"),
            ),
            Self::PassphraseTooSimple => Text::new(
                "太容易被猜到：请不要用连续、重复的字符；没有系统密钥库的设备上也不能只用数字",
                "Too easy to guess: no runs or repetitions, and on a device without a system keystore not digits alone",
            ),
            Self::TryLater { seconds } => Text::new(
                format!("输错次数较多，请等 {seconds} 秒再试；这段时间不能靠改时钟或重启缩短，同事仍可解锁"),
                format!(
                    "After several wrong tries, wait {seconds} s. Setting the clock or restarting does not shorten this;                      colleagues can still unlock"
                ),
            ),
            Self::KeysDestroyed => Text::new(
                "口令输错十次，您在本机的密钥已销毁，数据没有丢：请向管理员要新的登记码，在同事解锁后（或用站点恢复密钥）重新登记，草稿都会回来",
                "After ten wrong tries your keys on this terminal were destroyed. No data are lost: ask the administrator for a                  new code and enrol again while a colleague is unlocked, or with the site's recovery key; your drafts come back",
            ),
            Self::KeystoreUnavailable(reason) => Text::new(
                format!(
                    "系统密钥库取不到本终端的密钥（{reason}）：请先登录或解锁系统的密钥环，再打开本应用；没有计入错误次数"
                ),
                format!(
                    "The system keystore does not give this terminal's secret ({reason}): log in to, or unlock, the system's                      keyring and try again. No wrong try was counted"
                ),
            ),
            Self::ColleagueNeeded => Text::new(
                "本机已有数据：请先由一位已登记的同事解锁，或用站点恢复密钥打开，再登记",
                "There are data here: somebody enrolled must unlock first, or the site's recovery key open them; then enrol",
            ),
            Self::NoRecovery => Text::new(
                "本终端登记时站点还没有恢复密钥，无法用它打开；请由同事解锁后重新登记一次，以取得恢复密钥",
                "The site had no recovery key when this terminal enrolled, so it cannot open the data. Enrol once more while a                  colleague is unlocked to get one",
            ),
            Self::RecoveryRefused => Text::new(
                "恢复应答与本终端最近一次请求不符：请重新生成请求文件，交给恢复密钥保管人后再试",
                "The recovery answer does not fit this terminal's last request: write a new request, have it answered, try again",
            ),
            Self::Locked => Text::new(
                "已锁定，请先用口令解锁；已作答的内容都在本机",
                "Locked: unlock with a passphrase first. Everything answered is kept here",
            ),
            Self::NotAnInvite => Text::new(
                "这不是登记二维码，请扫描管理员出示的登记码，或改为手工填写",
                "Not an enrolment code: scan the one the administrator shows, or type its parts",
            ),
            Self::PassphraseWrong => Text::new(
                "口令不正确，密钥未能打开，请重新输入；已作答的内容不受影响",
                "The passphrase is wrong, so the key stays closed: type it again. Nothing answered is affected",
            ),
            Self::RootMismatch { expected, found } => Text::new(
                format!("站点根指纹不符：应为 {expected}，服务端给出 {found}。请停止操作，与纸面指纹核对并联系监理方"),
                format!(
                    "The site root has another fingerprint: {expected} expected, the service gives {found}. Stop, compare \
                     it with the one on paper and call the supervisor"
                ),
            ),
            Self::NotAFingerprint(text) => Text::new(
                format!("“{text}”不是指纹：应为 64 位十六进制数字"),
                format!("“{text}” is not a fingerprint: it has 64 hexadecimal digits"),
            ),
            Self::OtherTerminal(id) => Text::new(
                format!("服务端把本终端认成另一台（{id}），未作任何改变，请联系管理员"),
                format!(
                    "The service takes this terminal for another one ({id}). Nothing was changed; call the administrator"
                ),
            ),
            Self::VersionUnsupported(versions) => Text::new(
                format!("服务端只支持协议版本 {versions:?}，请升级终端软件；未上传的记录不会丢失"),
                format!("The service speaks versions {versions:?} only: update the terminal. Unsent records are safe"),
            ),
            Self::Api(error) => api_text(error),
            Self::PackageRefused { part, reason } => Text::new(
                format!("任务包核验未通过（{part}：{reason}），仍使用原任务包；请稍后重试，仍不通过请联系管理员"),
                format!(
                    "The work package does not verify ({part}: {reason}); the old one stays in use. Try again later, and \
                     call the administrator if it keeps failing"
                ),
            ),
            Self::LogInconsistent(reason) => Text::new(
                format!(
                    "服务端日志与上次所见不一致（{reason}），可能有人改写了历史。本机数据未变，请保留本终端并立即联系监理方"
                ),
                format!(
                    "The service's log contradicts what this terminal saw before ({reason}): history may have been \
                     rewritten. Nothing here was changed; keep this terminal and call the supervisor at once"
                ),
            ),
            Self::Undecidable(error) => Text::new(
                format!(
                    "不能作此裁定：须由监理方或管理方的复核人员签名，不得是其中任何一份记录的巡检人员，并写明理由（{error}）"
                ),
                format!(
                    "This decision does not count: a reviewer of 监理方 or 管理方 signs it, who walked none of the records, \
                     and gives a reason ({error})"
                ),
            ),
            Self::ReviewRefused(error) => crate::review::sentence(error),
            Self::RecordFails { record, step, reason } => Text::new(
                format!("记录 {} 校验失败：{}。未签名；请告知管理员（{reason}）", record.short(), step.zh),
                format!(
                    "The record {} does not verify: {}. Nothing was signed; tell the administrator ({reason})",
                    record.short(),
                    step.en
                ),
            ),
            Self::RecordAmended(later) => Text::new(
                format!("该记录已有更正记录（{}），请复核更正后的版本", later.short()),
                format!("The record was amended ({}): review the amendment", later.short()),
            ),
            Self::NotReturned(title) => Text::new(
                format!("“{title}”没有被退回的本人记录，无需更正；请先同步"),
                format!("“{title}” has no record of yours that was returned: synchronise first"),
            ),
            Self::Unapprovable(error) => Text::new(
                format!(
                    "不能作此审批：须由台账审批人签名，不得是其中任何一份记录的巡检人员；不同意时须写明理由（{error}）"
                ),
                format!(
                    "This approval does not count: a ledger approver signs it, who sealed none of the records, and a rejection \
                     gives a reason ({error})"
                ),
            ),
            Self::Unrectifiable(error) => Text::new(
                format!(
                    "不能签署此步骤：提交由被分派的整改人员、确认由使用方联系人、通过与退回由监理方或管理方的复核人员签名，且不得是发现人、\
                     整改人或复查人；文件过期时请重新导出（{error}）"
                ),
                format!(
                    "This step does not count: the assigned person submits, the contact of the 使用方 confirms, and a reviewer accepts or \
                     rejects who neither found it, nor worked on it, nor looked at it again; export the case again if it is old ({error})"
                ),
            ),
            Self::Unclosable(error) => Text::new(
                format!("不能签署此关闭声明：须为服务方人员，或监理方、管理方的复核人员，且不是管理员（{error}）"),
                format!(
                    "This closing cannot be signed: somebody of 服务方, or a reviewer of 监理方 or 管理方, signs it, and no administrator \
                     ({error})"
                ),
            ),
            Self::LogUnsettled => Text::new(
                "服务端日志正在快速增长，暂时无法核对，请稍后重试",
                "The log grows too fast to be compared right now: try again later",
            ),
            Self::SyncRunning => Text::new(
                "正在同步，请等它结束，或先停止",
                "A synchronisation is under way: wait until it ends, or stop it first",
            ),
            Self::NoPackage => Text::new(
                "还没有任务包，请在联网时先拉取（pull）",
                "There is no work package yet: pull one while online",
            ),
            Self::UnknownVisit(wanted) => Text::new(
                format!("任务包里没有“{wanted}”，请核对编号，或联网后重新拉取任务包"),
                format!("The work package has no visit “{wanted}”: check it, or pull again while online"),
            ),
            Self::AmbiguousVisit { wanted, found } => Text::new(
                format!("“{wanted}”对应多项任务（{}），请用 --room 指明机房或给出任务编号", found.join("；")),
                format!(
                    "“{wanted}” fits several visits ({}): name the room with --room, or give the visit's id",
                    found.join("; ")
                ),
            ),
            Self::NotStarted(title) => Text::new(
                format!("“{title}”尚未开始，请先开始（visit start）"),
                format!("“{title}” has not been started: start it first (visit start)"),
            ),
            Self::AlreadySealed(title) => Text::new(
                format!("“{title}”已签，不能再改；如有更正请走更正流程"),
                format!("“{title}” is sealed and cannot be changed; corrections are records of their own"),
            ),
            Self::UnknownLine(line) => Text::new(
                format!("本次巡检没有第 {line} 项，请用 visit show 查看"),
                format!("This visit has no line {line}: see visit show"),
            ),
            Self::UnknownCheck { wanted, known } => Text::new(
                format!("本项没有检查点“{wanted}”，只有 {}", known.join("、")),
                format!("This line has no check “{wanted}”; it has {}", known.join(", ")),
            ),
            Self::ValueRefused { label, mismatch } => {
                let zh = mismatch_zh(mismatch);
                Text::new(format!("“{}”{zh}", label.zh), format!("“{}”: {mismatch}", label.en))
            }
            Self::DewPointTyped => Text::new(
                "露点由温度和湿度算出，不需要填写",
                "The dew point is computed from temperature and humidity: do not type it",
            ),
            Self::NoReadings(line) => Text::new(
                format!("第 {line} 项没有这种读数，请用 visit show 查看该项要填什么"),
                format!("Line {line} takes no such reading: see visit show for what it asks"),
            ),
            Self::UnitsMissing(units) => Text::new(
                format!("还有归属单位没有填在线数量：{}", units.join("、")),
                format!("These owning units have no online count yet: {}", units.join(", ")),
            ),
            Self::BadInput(reason) => {
                Text::new(format!("输入内容无法读取：{reason}"), format!("The input cannot be read: {reason}"))
            }
            Self::ImportedOnSite => Text::new(
                "现场项的照片必须现场拍摄，不能导入；远程项才可以导入截图或 CSV",
                "On-site lines need photos taken on the spot; only remote lines accept imported screenshots or CSV",
            ),
            Self::RemoteOnSite => Text::new(
                "本项必须现场检查，不能按远程作答；确实无法到场时请选“未检”并写明原因",
                "This line is inspected on site and cannot be answered remotely; if nobody can go there, choose not checked and say why",
            ),
            Self::Photo(error) => error.message(),
            Self::UnknownPhoto(hash) => Text::new(
                format!("本次巡检没有照片 {}，请先添加", hash.short()),
                format!("This visit has no photo {}: attach it first", hash.short()),
            ),
            Self::PhotoInUse(hash) => Text::new(
                format!("照片 {} 还被问题单、检查项或标注副本引用，请先解除引用", hash.short()),
                format!("Photo {} is still named by a line, a finding or a copy: remove it there first", hash.short()),
            ),
            Self::UnknownFinding(id) => {
                Text::new(format!("本次巡检没有问题单 {id}"), format!("This visit has no finding {id}"))
            }
            Self::LabelCode(error) => {
                Text::new(format!("标签编码有误：{}", code_zh(error)), format!("Not a label code: {error}"))
            }
            Self::LabelNotScanned => Text::new(
                "请先扫描本机柜（机房）的标签，再用“其余全部正常”",
                "Scan the label of this rack (room) before filling the rest as normal",
            ),
            Self::NotARackVisit => Text::new(
                "只有机柜巡检才能登记设备、关闭机柜",
                "Only rack visits have assets to sight and racks to close",
            ),
            Self::UnknownAsset(wanted) => Text::new(
                format!("台账里没有“{wanted}”；如果设备确实在此，请作为账外设备登记（--not-in-ledger）"),
                format!(
                    "The ledger has no asset “{wanted}”; if it stands here, record it as not in the ledger (--not-in-ledger)"
                ),
            ),
            Self::NoUnitCounts(line) => Text::new(
                format!("第 {line} 项不是按归属单位统计虚拟机数量的检查项，不能导入清单"),
                format!("Line {line} counts no virtual machines per owning unit: a table cannot fill it"),
            ),
            Self::VmTable(error) => vm_table(error),
            Self::TooShortToSearch => {
                Text::new("每个词至少输入两个字再查找", "Type at least two characters of each word")
            }
            Self::UnknownSighting(no) => Text::new(
                format!("本次巡检没有第 {no} 条设备登记，可能已经删除，请刷新后再试"),
                format!("This visit has no sighting {no}; it may have been removed. Look at the rack again"),
            ),
            Self::AmbiguousAsset { wanted, found } => Text::new(
                format!("“{wanted}”对应多台设备（{}），请给出设备编号", found.join("；")),
                format!("“{wanted}” fits several assets ({}): give the asset's id", found.join("; ")),
            ),
            Self::NotReady(problems) => {
                let list = |language| {
                    problems.iter().map(|problem| problem.message.get(language).to_owned()).collect::<Vec<_>>()
                };
                Text::new(
                    format!("还不能签名，有 {} 处需要处理：{}", problems.len(), list(Language::Zh).join("；")),
                    format!("Not ready to be sealed, {} to settle: {}", problems.len(), list(Language::En).join("; ")),
                )
            }
            Self::RecordTooLarge(bytes) => Text::new(
                format!("记录有 {bytes} 字节，超过 1 MiB 上限，没有签名；请缩短说明文字"),
                format!("The record has {bytes} bytes, over the limit of 1 MiB, and was not sealed: shorten its texts"),
            ),
            Self::UnknownRecord(wanted) => Text::new(
                format!("本机没有记录“{wanted}”，请用 records 查看"),
                format!("No record “{wanted}” here: see records"),
            ),
            Self::FolderInUse(path) => Text::new(
                format!("另一个程序正在使用数据目录 {}，请等它结束后重试", path.display()),
                format!("Another program uses the data folder {}: wait until it ends and try again", path.display()),
            ),
            Self::NewerDatabase { found, known } => Text::new(
                format!("本机数据由更新的软件写入（版本 {found}，本软件只认到 {known}），请升级软件；数据没有改动"),
                format!(
                    "The data here were written by newer software (version {found}; this one knows {known}): update. \
                     Nothing was changed"
                ),
            ),
            Self::Migration(reason) => Text::new(
                format!("本机数据库升级失败（{reason}），原文件已留副本，请联系管理员"),
                format!(
                    "The database could not be updated ({reason}); a copy of the file was kept. Call the administrator"
                ),
            ),
            Self::Database(error) if is_disk_full(error) => disk_full(),
            Self::File { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => disk_full(),
            Self::Database(error) => Text::new(
                format!("本机数据库出错（{error}），刚才的操作没有保存，请检查磁盘空间后重试"),
                format!("The database failed ({error}); what you just did was not saved. Check the disk and try again"),
            ),
            Self::PageRefused => Text::new(
                "本机数据库有一页已损坏，刚才的操作没有保存。请锁定后重新解锁：能读出的内容会自动找回，已封存的记录不会丢失",
                "A page of the database is damaged; what you just did was not saved. Lock and unlock again: what can be read \
                 is taken over by itself, and no sealed record is lost",
            ),
            Self::Damaged(what) => Text::new(
                format!("本机保存的内容已损坏（{what}），请不要删除数据目录并联系管理员"),
                format!("Something stored here is damaged ({what}): keep the data folder and call the administrator"),
            ),
            Self::Tampered(tampering) => tampering.text(),
            Self::File { path, source } => Text::new(
                format!("文件 {} 读写失败（{source}），请检查路径、权限和磁盘空间", path.display()),
                format!("The file {} failed ({source}): check path, permissions and disk space", path.display()),
            ),
            Self::NoRandomness(reason) => Text::new(
                format!("系统无法提供随机数（{reason}），不能生成密钥，请重启设备"),
                format!("The system gives no randomness ({reason}), so no key can be made: restart the device"),
            ),
            Self::Document(error) => Text::new(
                format!("文档无法写成规范字节（{error}），请联系管理员"),
                format!("A document cannot be spelled canonically ({error}): call the administrator"),
            ),
            Self::Statement(error) => Text::new(
                format!("签名声明无法读写（{error}），请联系管理员"),
                format!("A signed statement cannot be read or made ({error}): call the administrator"),
            ),
        }
    }
}

/// The sentence for what the service answered, or did not.
#[must_use]
pub fn api_text(error: &ApiError) -> Text {
    match error {
        ApiError::Problem(problem) => {
            let title = problem.code.title();
            let detail = if problem.detail.is_empty() { String::new() } else { format!("：{}", problem.detail) };
            let number = problem.code.number();
            Text::new(format!("{}（{number}{detail}）", title.zh), format!("{} ({number}{detail})", title.en))
        }
        ApiError::Unreachable(reason) => Text::new(
            format!("连不上服务端，请检查网络和地址后重试；数据都在本机（{reason}）"),
            format!(
                "The service cannot be reached: check network and address and try again. All data are safe here ({reason})"
            ),
        ),
        ApiError::NotUnderstood(reason) => Text::new(
            format!("对方的应答不是巡检服务的格式，请核对服务地址后重试；数据都在本机（{reason}）"),
            format!(
                "The answer is not that of an inspection service: check the address and try again. All data are safe here \
                 ({reason})"
            ),
        ),
    }
}

fn mismatch_zh(mismatch: &Mismatch) -> String {
    match mismatch {
        Mismatch::WrongType => "的内容与该检查点要填的不符".to_owned(),
        Mismatch::UnknownChoice(key) => format!("没有“{key}”这个选项"),
        Mismatch::TooFewReadings { points } => format!("读数不全：至少 {points} 个测点，每个测点各量都要有"),
        Mismatch::Implausible { value, unit } => format!("读数 {value} {unit} 不可能，请检查小数点"),
        Mismatch::Empty => "没有任何登记".to_owned(),
    }
}

fn code_zh(error: &CodeError) -> String {
    match error {
        CodeError::Length(length) => format!("应为 10 个字符，现有 {length} 个，请重新输入"),
        CodeError::Character(character) => format!("“{character}”不会出现在标签编码里，请重新输入"),
        CodeError::Check => "校验位不符，有一个字符错了或两个字符颠倒了，请对照标签重新输入".to_owned(),
    }
}

fn vm_table(error: &VmTableError) -> Text {
    match error {
        VmTableError::NotText => Text::new(
            "文件不是 UTF-8 或 GBK 文本，请在平台上重新导出为 CSV",
            "The file is no UTF-8 or GBK text: export it from the platform again, as CSV",
        ),
        VmTableError::NoUnitColumn(headings) => Text::new(
            format!("表里没有“归属单位”一列（现有：{}），请导出时包含归属单位", headings.join("、")),
            format!(
                "The table has no column of owning units (it has: {}): include it in the export",
                headings.join(", ")
            ),
        ),
        VmTableError::BadCount { row, text } => Text::new(
            format!("第 {row} 行的数量“{text}”不是整数，请改正后重新导入"),
            format!("Row {row}: “{text}” is no whole number. Mend it and import the file again"),
        ),
    }
}

/// On a full disk SQLite says so when it writes; when it has no room for the index of its log it says `SQLITE_IOERR_SHMSIZE`
/// (<https://sqlite.org/rescode.html#ioerr_shmsize>).
fn is_disk_full(error: &rusqlite::Error) -> bool {
    const NO_ROOM_FOR_INDEX: i32 = 10 | (19 << 8);
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || error.sqlite_error().is_some_and(|error| error.extended_code == NO_ROOM_FOR_INDEX)
}

/// Nothing more fits on the disk.
fn disk_full() -> Text {
    Text::new(
        "磁盘已满，刚才的操作没有保存；此前显示“已存本机”的内容都在。请删除本机上其他文件（不要动数据目录）腾出空间，再做一次",
        "The disk is full, and what you just did was not saved; everything shown as stored before is there. Delete other files \
         on this device (not the data folder) to make room, and do it again",
    )
}
