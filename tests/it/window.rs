//! What only time brings about, on a server whose clock the test may move: the reopen window ends,
//! and consoles count down by the clock that was moved.

use crate::support::fixture::Case;
use crate::support::{frames, nobody};
use omnichannel_sdk::v1::{self, InteractionStatus as Status};
use std::time::SystemTime;
use v1::agent_frame::Frame;

both!(alone ["time.shift_allowed = true"];
    a_resolved_interaction_is_closed_after_its_window,
    streams_tell_the_time_of_the_service,
);

async fn a_resolved_interaction_is_closed_after_its_window(case: Case) {
    let made = case.open(&case.plain_queue().await).await;
    let close =
        v1::CloseInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    ok!(case.admin.interactions().close_interaction(close));
    let rate = v1::RateInteractionRequest {
        interaction_id: made.id.clone(),
        rating: 5,
        ..Default::default()
    };
    case.server.shift(6 * 24 * 3600).await;
    ok!(case.admin.interactions().rate_interaction(rate));
    case.server.shift(2 * 24 * 3600).await;
    let reopen =
        v1::ReopenInteractionRequest { interaction_id: made.id.clone(), ..Default::default() };
    let late = case.admin.interactions().reopen_interaction(reopen).await;
    let error = omnichannel_sdk::Error::from(late.expect_err("the window has passed"));
    let known = ["REOPEN_WINDOW_PASSED", "INTERACTION_NOT_RESOLVED"];
    assert!(known.contains(&error.reason().name()), "{error:?}");
    case.interaction_in(&made.id, Status::Closed).await;
}

async fn streams_tell_the_time_of_the_service(case: Case) {
    const DAY: u32 = 86_400;
    case.server.shift(DAY).await;
    let (agent, _console) = case.at_work("Bo").await;
    let open = v1::SessionOpen { session_id: nobody(), ..Default::default() };
    let (_up, mut down) = frames::session(&agent.client, open).await.expect("it opens");
    let Some(Frame::Hello(hello)) = down.next().await.frame else { panic!("hello is first") };
    let told = hello.server_time.expect("a time").seconds;
    let machine = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let ahead = u64::try_from(told).expect("after 1970").saturating_sub(machine.as_secs());
    assert!(ahead + 60 > u64::from(DAY), "{ahead}");
}
