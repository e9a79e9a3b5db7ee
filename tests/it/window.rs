//! What only time brings about, on a server whose clock the test may move: the reopen window ends.

use crate::support::fixture::Case;
use omnichannel_sdk::v1::{self, InteractionStatus as Status};

both!(alone ["time.shift_allowed = true"];
    a_resolved_interaction_is_closed_after_its_window,
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
