//! What the command line accepts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use xunjian_domain::{decimal::Decimal, ledger::Face, outcome::Outcome, visit::Severity};
use xunjian_proof::record::{Capture, ScanSource};
use xunjian_protocol::relay::DEFAULT_MAX_BYTES;

use super::{
    approve::LedgerChange,
    decide::Decide,
    rectify::{CloseRound, Rectify},
    review::Review,
    visit::FollowUp,
};

/// 无界面巡检终端 · The headless inspection terminal
#[derive(Debug, Parser)]
#[command(
    name = "xunjian-field",
    version,
    after_help = "退出码 Exit codes: 0 成功 done · 1 需要人处理 something to put right · 2 用法错误 usage · \
                  3 稍后重试 service or network, try again · 4 核验未通过 service, package, log or record do not verify"
)]
pub(crate) struct Arguments {
    /// 数据目录 · data folder
    #[arg(long, global = true, env = "XUNJIAN_FIELD_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// 服务地址，登记时记住 · address of the service, remembered at enrolment
    #[arg(long, global = true, value_name = "URL")]
    pub service: Option<String>,
    /// 操作人姓名或编号（多人共用时） · who acts, by name or id, where several are enrolled
    #[arg(long, global = true, env = "XUNJIAN_PERSON", value_name = "NAME")]
    pub person: Option<String>,
    /// 存放口令的文件 · file with the passphrase
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// 输出 JSON · print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// 语言 · language: zh-CN, en
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// 用登记码登记终端和人员 · enrol terminal and person with a one-time code
    Enrol(Enrol),
    /// 拉取任务包 · pull the work package
    Pull,
    /// 今日任务 · open rounds and visits
    Today,
    /// 巡检 · walk a visit
    Visit {
        #[command(subcommand)]
        command: Visit,
    },
    /// 复核：核验、对照、签名通过或退回 · review what others sealed
    Review {
        #[command(subcommand)]
        command: Review,
    },
    /// 裁定：一份巡检有几份记录时哪一份计入 · decide which of several records counts
    Decide(Decide),
    /// 台账变更单：查看，同意或不同意 · look at a change set of the ledger; approve or reject it
    LedgerChange(LedgerChange),
    /// 整改：查看一项，签署下一步 · look at a rectification; submit, confirm, accept or reject it
    Finding(Rectify),
    /// 关闭轮次：查看数字并签名 · look at the numbers of a round and sign its closing
    CloseRound(CloseRound),
    /// 上传记录和照片，取回回执 · send records and photos, fetch receipts
    Sync {
        /// 连不上就一直重试，直到全部送达或需要人处理 · go on trying until all is delivered or waits for a person
        #[arg(long)]
        keep_trying: bool,
    },
    /// 查看或设置同步方式 · show or set what synchronisation may do
    SyncPolicy(SyncPolicyChange),
    /// 释放空间：删除回执已核验的照片原图，最早的先删 · remove originals whose receipts verify, oldest first
    Release {
        /// 只腾出这么多字节 · stop after this many bytes
        #[arg(long, value_name = "BYTES")]
        bytes: Option<u64>,
    },
    /// 没有网络时用文件同步：U盘或前置机 · synchronise by files where there is no line
    Relay {
        #[command(subcommand)]
        command: Relay,
    },
    /// 终端状态 · the terminal at a glance
    Status,
    /// 本机记录 · sealed records
    Records {
        #[command(subcommand)]
        command: Option<Records>,
    },
    /// 更换口令或 PIN · change the passphrase or PIN
    Passphrase {
        /// 存放新口令的文件 · file with the new passphrase
        #[arg(long, value_name = "FILE")]
        new_file: Option<PathBuf>,
    },
    /// 没有人能解锁时，为恢复密钥保管人生成请求文件 · ask the keeper of the recovery key, when nobody can unlock
    RecoveryRequest {
        /// 写到哪个文件 · file to write
        file: PathBuf,
    },
    /// 识别图片中的二维码，每个文件一行 JSON · decode QR codes, one JSON line a file
    Scan {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SyncPolicyChange {
    /// 解锁期间自动同步 · whether it runs by itself while somebody is unlocked
    #[arg(long, value_name = "BOOL")]
    pub automatic: Option<bool>,
    /// 移动网络上传什么 · what may go over a mobile network
    #[arg(long, value_enum)]
    pub mobile: Option<Mobile>,
    /// 照片上传限速，字节每秒，0为不限 · limit for photos in bytes a second, 0 for none
    #[arg(long, value_name = "BYTES")]
    pub limit: Option<u64>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Mobile {
    /// 全部 · everything
    All,
    /// 只传记录 · records only
    Records,
    /// 什么都不传 · nothing
    Nothing,
}

#[derive(Debug, Args)]
pub(crate) struct Enrol {
    /// 一次性登记码 · one-time code
    #[arg(long)]
    pub code: String,
    /// 终端名称 · what people call this terminal
    #[arg(long)]
    pub name: String,
    /// 已登记的同事，由其口令打开本机数据 · a colleague enrolled here, whose passphrase opens the data
    #[arg(long, value_name = "NAME", env = "XUNJIAN_COLLEAGUE")]
    pub colleague: Option<String>,
    /// 存放同事口令的文件 · file with the colleague's passphrase
    #[arg(long, value_name = "FILE", requires = "colleague")]
    pub colleague_passphrase_file: Option<PathBuf>,
    /// 恢复密钥保管人的应答文件，用它打开本机数据 · the recovery keeper's answer, which opens the data
    #[arg(long, value_name = "FILE", conflicts_with = "colleague")]
    pub recovery: Option<PathBuf>,
    /// 纸面上的站点根指纹 · fingerprint of the site root, from paper
    #[arg(long, value_name = "HEX")]
    pub root_fingerprint: Option<String>,
}

/// 摆渡包 · relay bundles
#[derive(Debug, Subcommand)]
pub(crate) enum Relay {
    /// 导出服务还没有的记录和照片；中断后再执行一次即可 · write what the service lacks; after a break do it again
    Export {
        /// 写到哪个目录 · folder to write to
        #[arg(long, value_name = "DIR")]
        folder: PathBuf,
        /// 每个文件最多多少字节，默认适合 FAT32 · most bytes of a file; fits FAT32 unless said otherwise
        #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_MAX_BYTES)]
        max_bytes: u64,
        /// 全部导出，包括服务已有的 · everything, also what the service has
        #[arg(long)]
        all: bool,
    },
    /// 导入服务的应答包，次序和次数不限 · take the service's answers in, in any order, any number of times
    Import {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// 查看并核验文件，不打开内容；代人携带时用 · check files without opening them, as somebody who carries them
    Show {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// 导出登记请求 · write a request to be enrolled
    #[command(name = "enrol-request")]
    Request {
        #[command(flatten)]
        enrol: Enrol,
        /// 管理员给的邀请文件 · the administrator's invitation
        #[arg(long, value_name = "FILE")]
        invite: PathBuf,
        /// 写到哪个目录 · folder to write to
        #[arg(long, value_name = "DIR")]
        folder: PathBuf,
    },
    /// 用服务的应答完成登记，并取回任务 · finish the enrolment with the service's answer, and take its work package
    #[command(name = "enrol")]
    Finish {
        #[command(flatten)]
        enrol: Enrol,
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Records {
    /// 逐步核验一份记录 · check a record step by step
    Show { id: String },
    /// 导出记录及核验所需的全部文件 · write a record with all that is needed to check it
    Export { id: String, dir: PathBuf },
    /// 制作离线验真包：一个文件，xunjian-verify 或 verify.py 可离线核验
    /// · make an evidence pack: one file that xunjian-verify or verify.py checks offline
    Pack { id: String, dir: PathBuf },
}

/// VISIT 可以是编号（或其开头）、标题、机柜编号、标签内容或标签编码
/// · a visit's id (or its beginning), title, rack name, label text or label code
#[derive(Debug, Subcommand)]
pub(crate) enum Visit {
    /// 开始（或继续） · start, or go on
    Start {
        /// 编号、标题、标签内容或编码 · id, title, label text or code
        #[arg(required_unless_present = "rack")]
        visit: Option<String>,
        /// 机柜编号 · rack name
        #[arg(long, conflicts_with = "visit")]
        rack: Option<String>,
        /// 机房 · room name
        #[arg(long, requires = "rack")]
        room: Option<String>,
    },
    /// 更正被退回的巡检：以原记录为底重新打开 · open a returned visit again, with everything the record says
    Amend { visit: String },
    /// 查看全部检查项和已作答内容 · everything it asks, and the answers so far
    Show { visit: String },
    /// 作答一项或多项 · answer one line, or many from a file
    Answer(Answer),
    /// 填写读数 · readings of one point
    Reading(Reading),
    /// 添加照片 · attach photos
    Photo(Photo),
    /// 扫描标签 · a scanned label or typed code
    Scan(Scan),
    /// 登记所见设备 · what was seen of an asset
    Sight(Sight),
    /// 报告问题 · report a finding
    Finding(Box<Finding>),
    /// 复查上轮问题 · look at a problem of an earlier round again
    FollowUp(FollowUp),
    /// 记录致电服务台 · note a call to the service desk about a finding
    Call {
        visit: String,
        /// 问题编号 · id of the finding
        #[arg(long)]
        finding: String,
        /// 接听人 · who answered
        #[arg(long)]
        callee: String,
    },
    /// 其余全部正常 · fill the rest as normal
    Bulk {
        visit: String,
        /// 撤销 · take it back
        #[arg(long)]
        undo: bool,
    },
    /// 声明机柜已核完 · declare the rack complete
    CloseRack {
        visit: String,
        /// 撤销 · take it back
        #[arg(long)]
        reopen: bool,
    },
    /// 签名封存 · seal and sign
    Seal {
        visit: String,
        /// 同行人员，写作 姓名/单位 · who else was there, as NAME/ORGANISATION
        #[arg(long, value_name = "NAME/ORG")]
        present: Vec<String>,
        /// 拍照许可编号 · number of the photo permit
        #[arg(long, requires = "permit_until")]
        permit: Option<String>,
        /// 许可有效期（含当日） · last day of the permit
        #[arg(long, requires = "permit")]
        permit_until: Option<Date>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct LineArguments {
    /// 第几项 · number of the line
    #[arg(long)]
    pub line: Option<u32>,
    /// 或巡检内容编号 · or key of the criterion
    #[arg(long, conflicts_with = "line")]
    pub criterion: Option<String>,
    /// 对象编号（同一内容问多个对象时） · id of the subject, where the criterion is asked of several
    #[arg(long, requires = "criterion")]
    pub subject: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Answer {
    pub visit: String,
    #[command(flatten)]
    pub line: LineArguments,
    /// 结果 · outcome
    #[arg(long, value_enum, required_unless_present = "file")]
    pub outcome: Option<OutcomeArgument>,
    /// 检查点 · KEY=OUTCOME[:VALUE-JSON]
    #[arg(long = "check", value_name = "KEY=OUTCOME[:JSON|:REASON]")]
    pub checks: Vec<String>,
    /// 不适用、未检的原因 · why not applicable or not checked
    #[arg(long, default_value = "")]
    pub reason: String,
    /// 说明 · note; abnormal needs one
    #[arg(long, default_value = "")]
    pub note: String,
    /// 无法拍照的原因 · why no photo can be taken
    #[arg(long, value_name = "REASON")]
    pub no_photo: Option<String>,
    /// 无法拍照的证明人 · who confirms it
    #[arg(long, requires = "no_photo", default_value = "")]
    pub confirmed_by: String,
    /// 远程检查 · inspected remotely
    #[arg(long)]
    pub remote: bool,
    /// 一次作答多项的 JSON 文件 · JSON file with one answer or a list of them
    #[arg(long, conflicts_with_all = ["outcome", "line", "criterion"], value_name = "FILE")]
    pub file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Reading {
    pub visit: String,
    #[command(flatten)]
    pub line: LineArguments,
    /// 测点 · measuring point
    #[arg(long)]
    pub point: String,
    /// 温度 ℃
    #[arg(long, allow_hyphen_values = true)]
    pub temperature: Option<Decimal>,
    /// 相对湿度 %RH · relative humidity
    #[arg(long)]
    pub humidity: Option<Decimal>,
    /// 负载率 % · UPS load
    #[arg(long)]
    pub load: Option<Decimal>,
    /// 电池电量 % · battery
    #[arg(long)]
    pub battery: Option<Decimal>,
    /// 存储使用率 % · storage used
    #[arg(long)]
    pub used: Option<Decimal>,
    /// 存储容量 TB · storage capacity
    #[arg(long)]
    pub capacity: Option<Decimal>,
}

#[derive(Debug, Args)]
pub(crate) struct Photo {
    pub visit: String,
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub line: LineArguments,
    /// 来源 · how it came into being
    #[arg(long, value_enum)]
    pub capture: CaptureArgument,
    /// 说明 · what it shows
    #[arg(long, default_value = "")]
    pub caption: String,
}

#[derive(Debug, Args)]
pub(crate) struct Scan {
    pub visit: String,
    /// 扫到或输入的内容 · text as read or typed
    #[arg(required_unless_present = "file")]
    pub text: Option<String>,
    /// 从图片识别 · read the codes of a picture
    #[arg(long, conflicts_with = "text", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// 来源 · how it was read
    #[arg(long, value_enum)]
    pub source: Option<SourceArgument>,
}

#[derive(Debug, Args)]
pub(crate) struct Sight {
    pub visit: String,
    /// 编号、序列号、资产编号或名称 · id, serial, asset tag or name
    #[arg(long, required_unless_present_any = ["not_in_ledger", "noted", "remove"])]
    pub asset: Option<String>,
    /// 账外设备 · the ledger does not have it
    #[arg(long, conflicts_with = "asset")]
    pub not_in_ledger: bool,
    /// 修改第几条登记 · the sighting noted under this number
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["asset", "not_in_ledger"])]
    pub noted: Option<u32>,
    /// 删除第几条登记 · take back the sighting with this number
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["asset", "not_in_ledger", "noted"])]
    pub remove: Option<u32>,
    /// 照片 · photos of it
    #[arg(long = "photo", value_name = "FILE", conflicts_with = "remove")]
    pub photos: Vec<PathBuf>,
    /// 照片来源 · how the photos came into being
    #[arg(long, value_enum, default_value = "camera")]
    pub capture: CaptureArgument,
    /// 位置、品牌、型号与台账一致 · position, brand and model are as in the ledger
    #[arg(long)]
    pub as_in_ledger: bool,
    /// U 位，如 12-13 · units
    #[arg(long)]
    pub units: Option<String>,
    /// 安装面 · side
    #[arg(long, value_enum)]
    pub face: Option<FaceArgument>,
    #[arg(long)]
    pub brand: Option<String>,
    #[arg(long)]
    pub model: Option<String>,
    #[arg(long)]
    pub serial: Option<String>,
    #[arg(long)]
    pub quantity: Option<u32>,
    /// 归属单位 · owning unit
    #[arg(long)]
    pub owning_unit: Option<String>,
    /// 订单编号 · order number
    #[arg(long)]
    pub order_no: Option<String>,
    #[arg(long, default_value = "")]
    pub note: String,
}

#[derive(Debug, Args)]
pub(crate) struct Finding {
    pub visit: String,
    /// 发现于第几项 · line it was found at
    #[arg(long)]
    pub line: Option<u32>,
    /// 严重程度 · severity
    #[arg(long, value_enum)]
    pub severity: SeverityArgument,
    /// 类别 · what sort of problem
    #[arg(long, default_value = "")]
    pub category: String,
    /// 情况 · what is wrong
    #[arg(long)]
    pub description: String,
    /// 责任单位 · who must see to it
    #[arg(long)]
    pub unit: String,
    /// 整改期限 · last day for rectification
    #[arg(long)]
    pub due: Option<Date>,
    /// 问题照片 · photos of the problem
    #[arg(long = "photo", value_name = "FILE")]
    pub photos: Vec<PathBuf>,
    /// 处理后照片 · photos after the fix
    #[arg(long = "after-photo", value_name = "FILE")]
    pub after_photos: Vec<PathBuf>,
    /// 照片来源 · how the photos came into being
    #[arg(long, value_enum, default_value = "camera")]
    pub capture: CaptureArgument,
    /// 无法拍照的原因 · why no photo can be taken
    #[arg(long, value_name = "REASON")]
    pub no_photo: Option<String>,
    /// 无法拍照的证明人 · who confirms it
    #[arg(long, requires = "no_photo", default_value = "")]
    pub confirmed_by: String,
    /// 现场处理 · what was done on the spot
    #[arg(long, default_value = "")]
    pub fixed: String,
    /// 服务台接听人 · who answered at the service desk
    #[arg(long)]
    pub called: Option<String>,
    /// 沿续的以往问题 · the earlier finding this one carries on
    #[arg(long, value_name = "FINDING")]
    pub follows: Option<String>,
}

macro_rules! value_enum {
    ($(#[$doc:meta])* $name:ident => $target:ident { $($variant:ident),+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, ValueEnum)]
        #[value(rename_all = "snake_case")]
        pub(crate) enum $name { $($variant),+ }

        impl From<$name> for $target {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => Self::$variant),+ }
            }
        }
    };
}

value_enum! { OutcomeArgument => Outcome { Normal, Abnormal, NotApplicable, NotChecked } }
value_enum! { CaptureArgument => Capture { Camera, File, Imported } }
value_enum! { SourceArgument => ScanSource { Camera, File, Scanner, Typed } }
value_enum! { FaceArgument => Face { Front, Rear } }
value_enum! { SeverityArgument => Severity { Outage, Degraded, Major, Minor } }
