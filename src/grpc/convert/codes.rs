//! Enums: every value of the house has one of the contract, by name, and the compiler checks that
//! none is forgotten on either side. "Unspecified" and numbers nobody knows are no value.

use crate::proto::v1;
use domain::agent::{EffectiveStatus, PresenceStatus};
use domain::channel::{AccountStatus, ChannelKind};
use domain::customer::SuppressionReason;
use domain::escalation::{EscalationStatus, TriggerKind, WatchedState};
use domain::event::{Operation, WakeReason};
use domain::interaction::{InteractionStatus, Priority};
use domain::mail::RelaySecurity;
use domain::message::{AuthorKind, DeliveryStatus, Direction};
use domain::offer::{OfferRole, OfferState};
use domain::plan::StepClock;
use domain::queue::{AssignmentMode, ClosedPolicy, Strategy, WorkOrder};
use domain::rule::{ConditionField, ConditionOperator, RuleMatch};
use domain::schedule::{AfterShift, Duty};
use domain::sla::{SlaMetric, SlaPause, SlaStatus};
use domain::tenant::{Permission, Role, TenantStatus};

/// An enum of the house that has a twin in the contract.
pub trait Coded: Copy {
    /// The twin's number.
    fn to_wire(self) -> i32;

    /// The value of a twin's number; none if it is unspecified or unknown.
    fn of_wire(number: i32) -> Option<Self>;
}

macro_rules! coded {
    ($($house:ident = $wire:ident { $($variant:ident)+ })+) => {$(
        impl Coded for $house {
            fn to_wire(self) -> i32 {
                let twin = match self { $($house::$variant => v1::$wire::$variant,)+ };
                twin as i32
            }

            fn of_wire(number: i32) -> Option<Self> {
                match v1::$wire::try_from(number) {
                    $(Ok(v1::$wire::$variant) => Some($house::$variant),)+
                    Ok(v1::$wire::Unspecified) | Err(_) => None,
                }
            }
        }
    )+

        #[cfg(test)]
        mod tests {
            use super::*;
            use std::collections::BTreeSet;

            #[test]
            fn every_value_reads_back_and_nothing_else_is_one() {
                $(
                    let numbers: BTreeSet<i32> =
                        $house::ALL.iter().map(|value| value.to_wire()).collect();
                    assert_eq!(numbers.len(), $house::ALL.len(), stringify!($house));
                    for value in $house::ALL {
                        assert_eq!($house::of_wire(value.to_wire()), Some(*value));
                    }
                    for number in (-2..=300).chain([i32::MIN, i32::MAX]) {
                        let known = numbers.contains(&number);
                        assert_eq!($house::of_wire(number).is_some(), known, "{number}");
                    }
                    assert_eq!(v1::$wire::default() as i32, 0, "nothing said is unspecified");
                )+
            }
        }
    };
}

coded! {
    ChannelKind = ChannelKind {
        Email Sms Voice Chat Whatsapp Telegram Slack Teams Twitter Facebook Instagram Linkedin
        Webhook Api Video InPerson WebPortal MobileApp
    }
    AccountStatus = AccountStatus { Active Disabled }
    RelaySecurity = RelaySecurity { None Opportunistic Starttls Tls }
    SuppressionReason = SuppressionReason { HardBounce SoftBounces Complaint }
    InteractionStatus = InteractionStatus {
        Created Bot Scheduled Queued Offered Connecting Active Parked Wrapping Resolved Closed
        Cancelled Abandoned Expired Merged
    }
    Priority = Priority { Low Normal High Urgent Critical }
    Direction = Direction { Inbound Outbound InternalNote System }
    AuthorKind = AuthorKind { Customer Agent System Integration }
    DeliveryStatus = DeliveryStatus {
        Received Queued Sending Unknown Sent Delivered Read Failed Undelivered Expired Canceled
    }
    OfferState = OfferState {
        Pending Accepted Connecting Connected Wrapping Completed Rejected TimedOut Rescinded
        Cancelled ConnectFailed AgentLost
    }
    OfferRole = OfferRole { Owner Consult }
    Strategy = RoutingStrategy {
        RoundRobin LeastLoaded LongestIdle MostSkilled SkillBased PrimaryFirst Priority Geographic
        Language CustomerHistory Vip
    }
    StepClock = StepClock { Step Queued Created }
    ClosedPolicy = ClosedPolicy { Hold Redirect }
    SlaMetric = SlaMetric { FirstResponse NextResponse Resolution TotalResolution TimeToAnswer }
    SlaPause = SlaPause { AwaitingCustomer Wrapping }
    WakeReason = WakeReason { Time Customer Asked }
    SlaStatus = SlaStatus { OnTrack Warned Breached Met Paused Dropped }
    TriggerKind = EscalationTriggerKind {
        TimeInState Priority Keyword Sentiment CustomerTier AgentRequest
    }
    WatchedState = EscalationState { Waiting Owned Open }
    EscalationStatus = EscalationStatus { Armed Pending Acknowledged Resolved }
    WorkOrder = WorkOrder { PrimaryFirst FirstCome FixedQueueRatio GeneralizedCMu }
    RuleMatch = RuleMatch { All Any }
    ConditionField = ConditionField {
        Channel Priority Keyword SubjectKeyword Language CustomerTier CustomerAttribute
        ChannelAccount Content Subject Tag Customer Status AgeMinutes Created
    }
    ConditionOperator = ConditionOperator {
        Equals NotEquals Contains NotContains GreaterThan LessThan In NotIn Regex Exists NotExists
    }
    Duty = Duty { Unscheduled OnShift OnBreak OnCall OffShift TimeOff }
    AfterShift = AfterShift { Away Offline }
    AssignmentMode = AssignmentMode { Push Pull }
    PresenceStatus = PresenceStatus {
        Offline Available Busy Away Break Training DoNotDisturb
    }
    EffectiveStatus = EffectiveStatus { Offline Available Unavailable NotResponding Missed }
    TenantStatus = TenantStatus { Active Suspended }
    Role = Role { PlatformAdmin TenantAdmin Supervisor Agent Analyst Auditor Integration }
    Permission = Permission {
        InteractionsRead InteractionsWrite InteractionsReply OffersAnswer RoutingRead RoutingWrite
        AgentsRead AgentsWrite AnalyticsRead CustomersRead CustomersWrite ChannelsRead
        ChannelsWrite MessagesIngest FeedRead AuditRead KeysManage TenantsManage ServerRead
        OperationsRead OperationsManage ReflectionRead LimitsOverride
    }
    Operation = OperatorAction {
        StreamClosed SessionClosed DeliveryRetried DeadLetterReplayed DeadLetterDeleted
        DeliveryCancelled
    }
}
