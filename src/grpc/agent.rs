//! AgentService: agents and teams, presence, and the answers to offers.

mod acting;
mod listing;
mod schedules;
mod time_off;

use super::Edge;
use super::call::{change, id, ids, optional_id, read, version};
use super::convert::agent::Shown;
use super::convert::capacity::counted;
use super::convert::mask::Fields;
use super::convert::{Coded, agent, fault, found, interaction, needed, offer, team};
use super::page;
use super::routing::ordered::{STEP, everything};
use super::routing::seen;
use super::status::status;
use super::stream::{self, Frames};
use crate::proto::v1;
use crate::proto::v1::agent_service_server::{AgentService, AgentServiceServer};
use acting::{acting, speaks};
use app::context::Context;
use app::desk::Choice;
use app::ledger::command::agent::{DeleteAgent, SaveAgent};
use app::ledger::command::answer::Saying;
use app::ledger::command::close::Way;
use app::ledger::command::team::{DeleteTeam, SaveTeam};
use domain::agent::{PresenceStatus, Team};
use domain::id::{AgentId, OfferId, TeamId};
use domain::offer::Offer;
use domain::refusal::Refusal;
use futures::FutureExt;
use listing::Wanted;
use prost::Message;
use tonic::{Request, Response, Status, Streaming, async_trait};
use uuid::Uuid;

macro_rules! method {
    ($rpc:literal) => {
        concat!("/omnichannel.v1.AgentService/", $rpc)
    };
}

/// The service.
pub struct Agents {
    edge: Edge,
}

/// The service with its limits.
#[must_use]
pub fn service(edge: Edge) -> AgentServiceServer<Agents> {
    super::served!(AgentServiceServer<Agents>, Agents { edge })
}

#[async_trait]
impl AgentService for Agents {
    type SessionStream = Frames<v1::SessionResponse>;
    type WatchAssignmentsStream = Frames<v1::WatchAssignmentsResponse>;

    async fn create_agent(
        &self,
        request: Request<v1::CreateAgentRequest>,
    ) -> Result<Response<v1::CreateAgentResponse>, Status> {
        let (context, asked) = change(request, method!("CreateAgent"), |m| &m.request_id)?;
        let wanted = asked.agent.unwrap_or_default();
        let fields = Fields::all(&agent::fields(&wanted));
        let agent = self.save_agent(&context, None, &wanted, fields).await?;
        Ok(Response::new(v1::CreateAgentResponse { agent: Some(agent) }))
    }

    async fn get_agent(
        &self,
        request: Request<v1::GetAgentRequest>,
    ) -> Result<Response<v1::GetAgentResponse>, Status> {
        let (context, asked) = read(request, method!("GetAgent"))?;
        let agent = self.agent(&context, id(&asked.agent_id)?).await?;
        Ok(Response::new(v1::GetAgentResponse { agent: Some(agent) }))
    }

    async fn list_agents(
        &self,
        request: Request<v1::ListAgentsRequest>,
    ) -> Result<Response<v1::ListAgentsResponse>, Status> {
        let (context, asked) = read(request, method!("ListAgents"))?;
        let wanted = Wanted::of(&asked)?;
        let size = page::size(asked.page_size);
        let token = asked.page_token.clone();
        let bare = v1::ListAgentsRequest { page_size: 0, page_token: String::new(), ..asked };
        let bound = page::filter(&[&bare.encode_to_vec()]);
        let after = page::after(&self.edge, &context, &token, &bound)?.map(AgentId);
        let listed = self.listed(&context, &wanted, after, size).await?;
        let (last, more) = (listed.next.map(|id| id.0), listed.next.is_some());
        Ok(Response::new(v1::ListAgentsResponse {
            agents: listed.agents.iter().map(agent::agent).collect(),
            next_page_token: page::next(&self.edge, &context, &bound, last, more),
        }))
    }

    async fn update_agent(
        &self,
        request: Request<v1::UpdateAgentRequest>,
    ) -> Result<Response<v1::UpdateAgentResponse>, Status> {
        let (context, asked) = change(request, method!("UpdateAgent"), |m| &m.request_id)?;
        let wanted = asked.agent.unwrap_or_default();
        let fields = Fields::of_update(asked.update_mask.as_ref(), &agent::fields(&wanted))?;
        let id = needed(&wanted.id, "agent.id")?;
        let agent = self.save_agent(&context, Some(id), &wanted, fields).await?;
        Ok(Response::new(v1::UpdateAgentResponse { agent: Some(agent) }))
    }

    async fn delete_agent(
        &self,
        request: Request<v1::DeleteAgentRequest>,
    ) -> Result<Response<v1::DeleteAgentResponse>, Status> {
        let (context, asked) = change(request, method!("DeleteAgent"), |m| &m.request_id)?;
        let delete = DeleteAgent { id: id(&asked.agent_id)?, version: version(&asked.etag) };
        self.edge.app.delete_agent(&context, delete).await.map_err(status)?;
        Ok(Response::new(v1::DeleteAgentResponse {}))
    }

    async fn configure_schedule(
        &self,
        request: Request<v1::ConfigureScheduleRequest>,
    ) -> Result<Response<v1::ConfigureScheduleResponse>, Status> {
        let (context, asked) = change(request, method!("ConfigureSchedule"), |m| &m.request_id)?;
        self.configured(&context, asked.schedule.unwrap_or_default()).await.map(Response::new)
    }

    async fn list_schedules(
        &self,
        request: Request<v1::ListSchedulesRequest>,
    ) -> Result<Response<v1::ListSchedulesResponse>, Status> {
        let (context, asked) = read(request, method!("ListSchedules"))?;
        self.schedules(&context, &asked).await.map(Response::new)
    }

    async fn delete_schedule(
        &self,
        request: Request<v1::DeleteScheduleRequest>,
    ) -> Result<Response<v1::DeleteScheduleResponse>, Status> {
        let (context, asked) = change(request, method!("DeleteSchedule"), |m| &m.request_id)?;
        self.unscheduled(&context, &asked).await.map(Response::new)
    }

    async fn create_time_off(
        &self,
        request: Request<v1::CreateTimeOffRequest>,
    ) -> Result<Response<v1::CreateTimeOffResponse>, Status> {
        let (context, asked) = change(request, method!("CreateTimeOff"), |m| &m.request_id)?;
        self.booked(&context, asked.time_off.unwrap_or_default()).await.map(Response::new)
    }

    async fn list_time_off(
        &self,
        request: Request<v1::ListTimeOffRequest>,
    ) -> Result<Response<v1::ListTimeOffResponse>, Status> {
        let (context, asked) = read(request, method!("ListTimeOff"))?;
        self.time_off(&context, &asked).await.map(Response::new)
    }

    async fn delete_time_off(
        &self,
        request: Request<v1::DeleteTimeOffRequest>,
    ) -> Result<Response<v1::DeleteTimeOffResponse>, Status> {
        let (context, asked) = change(request, method!("DeleteTimeOff"), |m| &m.request_id)?;
        self.withdrawn(&context, &asked).await.map(Response::new)
    }

    async fn create_team(
        &self,
        request: Request<v1::CreateTeamRequest>,
    ) -> Result<Response<v1::CreateTeamResponse>, Status> {
        let (context, asked) = change(request, method!("CreateTeam"), |m| &m.request_id)?;
        let wanted = asked.team.unwrap_or_default();
        let fields = Fields::all(&team::fields(&wanted));
        let team = self.save_team(&context, None, &wanted, &fields).await?;
        Ok(Response::new(v1::CreateTeamResponse { team: Some(team) }))
    }

    async fn get_team(
        &self,
        request: Request<v1::GetTeamRequest>,
    ) -> Result<Response<v1::GetTeamResponse>, Status> {
        let (context, asked) = read(request, method!("GetTeam"))?;
        let team = self.team(&context, id(&asked.team_id)?).await?;
        Ok(Response::new(v1::GetTeamResponse { team: Some(team) }))
    }

    async fn list_teams(
        &self,
        request: Request<v1::ListTeamsRequest>,
    ) -> Result<Response<v1::ListTeamsResponse>, Status> {
        let (context, asked) = read(request, method!("ListTeams"))?;
        let page = page::Asked {
            size: asked.page_size,
            token: &asked.page_token,
            filter: page::filter(&[]),
        };
        let rows = self.teams(&context).await?;
        let (rows, next_page_token) = page::of(&self.edge, &context, &page, rows, |t| t.id.0)?;
        let teams = rows.iter().map(team::team).collect();
        Ok(Response::new(v1::ListTeamsResponse { teams, next_page_token }))
    }

    async fn update_team(
        &self,
        request: Request<v1::UpdateTeamRequest>,
    ) -> Result<Response<v1::UpdateTeamResponse>, Status> {
        let (context, asked) = change(request, method!("UpdateTeam"), |m| &m.request_id)?;
        let wanted = asked.team.unwrap_or_default();
        let fields = Fields::of_update(asked.update_mask.as_ref(), &team::fields(&wanted))?;
        let id = needed(&wanted.id, "team.id")?;
        let team = self.save_team(&context, Some(id), &wanted, &fields).await?;
        Ok(Response::new(v1::UpdateTeamResponse { team: Some(team) }))
    }

    async fn delete_team(
        &self,
        request: Request<v1::DeleteTeamRequest>,
    ) -> Result<Response<v1::DeleteTeamResponse>, Status> {
        let (context, asked) = change(request, method!("DeleteTeam"), |m| &m.request_id)?;
        let delete = DeleteTeam { id: id(&asked.team_id)?, version: version(&asked.etag) };
        self.edge.app.change(&context, delete).await.map_err(status)?;
        Ok(Response::new(v1::DeleteTeamResponse {}))
    }

    async fn set_presence(
        &self,
        request: Request<v1::SetPresenceRequest>,
    ) -> Result<Response<v1::SetPresenceResponse>, Status> {
        let (context, asked) = change(request, method!("SetPresence"), |m| &m.request_id)?;
        let agent_id = acting(&context, optional_id(&asked.agent_id)?)?;
        let status_ = PresenceStatus::of_wire(asked.status);
        let intended = status_.ok_or_else(|| {
            super::status::refusal(Refusal::field("status", "is a presence (enum.defined_only)"))
        })?;
        let app = &self.edge.app;
        let channels = agent::channels_of_wire(&asked.channels);
        let choice = Choice {
            status: intended,
            reason: &asked.reason,
            after_work: asked.after_current_work,
            channels: &channels,
        };
        app.set_presence(&context, agent_id, choice).await.map_err(status)?;
        let view = app.presence(&context, agent_id).await.map_err(status)?;
        let presence = agent::presence(&view.presence, &view.reason);
        Ok(Response::new(v1::SetPresenceResponse { presence: Some(presence) }))
    }

    async fn session(
        &self,
        request: Request<Streaming<v1::SessionRequest>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        stream::desk::session(&self.edge, request).await
    }

    async fn watch_assignments(
        &self,
        request: Request<v1::WatchAssignmentsRequest>,
    ) -> Result<Response<Self::WatchAssignmentsStream>, Status> {
        stream::desk::watch(&self.edge, request).await
    }

    async fn accept_offer(
        &self,
        request: Request<v1::AcceptOfferRequest>,
    ) -> Result<Response<v1::AcceptOfferResponse>, Status> {
        let (context, asked) = change(request, method!("AcceptOffer"), |m| &m.request_id)?;
        let taken = self.answer(&context, id(&asked.offer_id)?, Saying::Accept, "").await?;
        let view = self.edge.app.interaction(&context, taken.interaction_id).await;
        Ok(Response::new(v1::AcceptOfferResponse {
            offer: Some(offer::offer(&taken)),
            interaction: Some(interaction::interaction_to(&context.caller, &view.map_err(status)?)),
        }))
    }

    async fn decline_offer(
        &self,
        request: Request<v1::DeclineOfferRequest>,
    ) -> Result<Response<v1::DeclineOfferResponse>, Status> {
        let (context, asked) = change(request, method!("DeclineOffer"), |m| &m.request_id)?;
        let (offer_id, reason) = (id(&asked.offer_id)?, &asked.reason);
        let declined = self.answer(&context, offer_id, Saying::Decline, reason).await?;
        let offer = Some(offer::offer(&declined));
        Ok(Response::new(v1::DeclineOfferResponse { offer }))
    }

    async fn take_next(
        &self,
        request: Request<v1::TakeNextRequest>,
    ) -> Result<Response<v1::TakeNextResponse>, Status> {
        let (context, asked) = change(request, method!("TakeNext"), |m| &m.request_id)?;
        let agent_id = acting(&context, optional_id(&asked.agent_id)?)?;
        let app = &self.edge.app;
        let taken = app.take_next(&context, agent_id, ids(&asked.queue_ids)?).await;
        let taken = taken.map_err(status)?;
        let id = taken.id.into();
        let view = app.interaction_after(&context, taken, id).await.map_err(status)?;
        let interaction = Some(interaction::interaction_to(&context.caller, &view));
        Ok(Response::new(v1::TakeNextResponse { interaction }))
    }

    async fn complete_interaction(
        &self,
        request: Request<v1::CompleteInteractionRequest>,
    ) -> Result<Response<v1::CompleteInteractionResponse>, Status> {
        let (context, asked) = change(request, method!("CompleteInteraction"), |m| &m.request_id)?;
        speaks(&context)?;
        let (id, code) = (id(&asked.interaction_id)?, &asked.wrap_up_code);
        let app = &self.edge.app;
        let view = app.close(&context, id, Way::Complete, &asked.resolution, code).await;
        let interaction =
            Some(interaction::interaction_to(&context.caller, &view.map_err(status)?));
        Ok(Response::new(v1::CompleteInteractionResponse { interaction }))
    }

    async fn list_offers(
        &self,
        request: Request<v1::ListOffersRequest>,
    ) -> Result<Response<v1::ListOffersResponse>, Status> {
        let (context, asked) = read(request, method!("ListOffers"))?;
        let agent_id = acting(&context, optional_id(&asked.agent_id)?)?;
        let bound = page::filter(&[agent_id.0.as_bytes(), &[u8::from(asked.open_only)]]);
        let before = page::after(&self.edge, &context, &asked.page_token, &bound)?.map(OfferId);
        let row = self.edge.app.read(&context).agent(agent_id).await.map_err(fault)?;
        found(row, "agent", agent_id)?;
        self.edge.app.check_reads_desk(&context, agent_id).await.map_err(status)?;
        let size = page::size(asked.page_size);
        let (rows, next) = if asked.open_only {
            self.open_offers(&context, agent_id, before, size).await?
        } else {
            self.all_offers(&context, agent_id, before, size).await?
        };
        let rows = self.edge.app.offers_told(&context, rows).await.map_err(status)?;
        let next = next.map(|last| last.0);
        Ok(Response::new(v1::ListOffersResponse {
            offers: rows.iter().map(offer::offer).collect(),
            next_page_token: page::next(&self.edge, &context, &bound, next, next.is_some()),
        }))
    }
}

/// Offers of a page, and before which the next one begins.
type OfferPage = (Vec<Offer>, Option<OfferId>);

impl Agents {
    async fn open_offers(
        &self,
        context: &Context,
        agent: AgentId,
        before: Option<OfferId>,
        size: u32,
    ) -> Result<OfferPage, Status> {
        let mut rows = self.edge.app.offers(context, agent).await.map_err(status)?;
        rows.retain(|offer| before.is_none_or(|before| offer.id < before));
        rows.sort_unstable_by_key(|offer| std::cmp::Reverse(offer.id));
        let (rows, more) = page::cut(rows, size);
        let last = rows.last().map(|offer| offer.id).filter(|_| more);
        Ok((rows, last))
    }

    async fn all_offers(
        &self,
        context: &Context,
        agent: AgentId,
        before: Option<OfferId>,
        size: u32,
    ) -> Result<OfferPage, Status> {
        let reader = self.edge.app.read(context);
        let found = reader.offers_before(agent, before, size + 1).await.map_err(fault)?;
        let (rows, more) = page::cut(found.offers, size);
        let last = rows.last().map(|offer| offer.id).filter(|_| more);
        // A short page may yet have others before it.
        Ok((rows, if more { last } else { found.next }))
    }

    async fn save_agent(
        &self,
        context: &Context,
        id: Option<AgentId>,
        wanted: &v1::Agent,
        fields: Fields,
    ) -> Result<v1::Agent, Status> {
        let version = seen(id, &wanted.etag);
        let create = id.is_none();
        let id = id.unwrap_or_else(|| AgentId(Uuid::now_v7()));
        let content = self.edge.app.content(context.caller.tenant).await.map_err(status)?;
        let badge = content.badge(id, &agent::badge(wanted));
        let patch = agent::patch(wanted, badge, |word| content.label(word), fields)?;
        let save = SaveAgent { id, create, version, patch };
        let saved = self.edge.app.change(context, save).await.map_err(status)?;
        self.agent(context, AgentId(saved.id)).await
    }

    async fn agent(&self, context: &Context, id: AgentId) -> Result<v1::Agent, Status> {
        let reader = self.edge.app.read(context);
        let row = reader.agent(id).await.map_err(fault)?;
        let agent = found(row, "agent", id)?;
        let app::desk::PresenceView { presence, reason } =
            self.edge.app.presence(context, id).await.map_err(status)?;
        let live = self.edge.app.offers(context, id).await.map_err(status)?;
        let used = agent.spec.capacity.taken(live.iter().map(|offer| (offer.channel, 1)));
        let used_labels = counted(live.iter().map(|offer| (offer.labels.as_slice(), 1)));
        let content = self.edge.app.content(context.caller.tenant).await.map_err(status)?;
        let badge = content.open_badge(&agent);
        Ok(agent::agent(&Shown { agent, badge, presence, reason, used, used_labels }))
    }

    async fn save_team(
        &self,
        context: &Context,
        id: Option<TeamId>,
        wanted: &v1::Team,
        fields: &Fields,
    ) -> Result<v1::Team, Status> {
        let version = seen(id, &wanted.etag);
        let save = SaveTeam { id, version, patch: team::patch(wanted, fields) };
        let saved = self.edge.app.change(context, save).await.map_err(status)?;
        self.team(context, TeamId(saved.id)).await
    }

    async fn team(&self, context: &Context, id: TeamId) -> Result<v1::Team, Status> {
        let row = self.edge.app.read(context).team(id).await.map_err(fault)?;
        Ok(team::team(&found(row, "team", id)?))
    }

    /// All teams by name.
    async fn teams(&self, context: &Context) -> Result<Vec<Team>, Status> {
        let reader = self.edge.app.read(context);
        let mut rows = everything(|after| reader.teams(after, STEP).boxed(), |t| t.id).await?;
        rows.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(rows)
    }

    /// Answers an offer, and shows it as it is then.
    async fn answer(
        &self,
        context: &Context,
        offer_id: OfferId,
        saying: Saying,
        note: &str,
    ) -> Result<Offer, Status> {
        speaks(context)?;
        let app = &self.edge.app;
        app.answer(context, offer_id, saying, note).await.map_err(status)?;
        let row = app.read(context).offer(offer_id).await.map_err(fault)?;
        let row = found(row, "offer", offer_id)?;
        let mut told = app.offers_told(context, vec![row]).await.map_err(status)?;
        Ok(told.pop().expect("one in, one out"))
    }
}
