//! What programs use: `Phone` and `Server`.

use super::{
    stand_in::{StandIn, invitation},
    world::{NUMBER, PASSWORD},
};
use authx_core::{
    LoginId, PhoneId,
    wire::{
        phone::{
            AccountState, AnswerWord, GivenProof, Outcome, PhoneClass, ReachWay, RequestKind, Token,
        },
        text::MatchNumber,
    },
};
use authx_phone::{Answer, CallError, EnrolError, Enrolled, Enrolment, Phone, Server};
use std::time::Duration;
use tokio::time::timeout;

fn server(stand_in: &StandIn) -> Server {
    Server::new(stand_in.url.parse().unwrap(), &[]).unwrap()
}

async fn activation(server: &Server) -> Token {
    let password = PASSWORD.to_owned().try_into().unwrap();
    let proof = GivenProof::Password { password };
    server.prove(invitation(), proof).await.unwrap().activation
}

async fn enrol(server: &Server, class: PhoneClass) -> Result<Enrolled, EnrolError> {
    let activation = activation(server).await;
    let (name, platform) = ("desk".to_owned(), "Linux".to_owned());
    Phone::enrol(server, Enrolment { activation, name, platform, class, moves: None }).await
}

async fn enrolled(server: &Server) -> Phone {
    let Enrolled { phone, codes, .. } = enrol(server, PhoneClass::Software).await.unwrap();
    phone.confirm(&codes).await.unwrap();
    phone
}

fn number(text: &str) -> MatchNumber {
    text.to_owned().try_into().unwrap()
}

#[tokio::test]
async fn an_account_is_enrolled_by_its_keys_and_counts_by_its_code() {
    let stand_in = StandIn::start().await;
    let server = server(&stand_in);
    let Enrolled { phone, account, codes, words } =
        enrol(&server, PhoneClass::Software).await.unwrap();
    assert_eq!(account.state, AccountState::Pending);
    assert!(words.iter().all(|word| word.len() >= 3), "{words:?}");
    assert_eq!(codes.at(server.now()).code, stand_in.world().code(phone.id()));

    let wrong = phone.confirm_with("000000").await.unwrap_err();
    assert_eq!(wrong.code(), Some("wrong_code"));
    let account = phone.confirm(&codes).await.unwrap();
    assert_eq!(account.state, AccountState::Active);
    assert_eq!(phone.account().await.unwrap().name, "desk");
}

#[tokio::test]
async fn a_class_that_is_not_allowed_is_told() {
    let stand_in = StandIn::start().await;
    stand_in.world().classes = vec![PhoneClass::Web];
    let server = server(&stand_in);
    let refused = enrol(&server, PhoneClass::Software).await.unwrap_err();
    assert!(refused.to_string().contains("class_not_allowed, request r7"), "{refused}");
    enrol(&server, PhoneClass::Web).await.unwrap();
}

#[tokio::test]
async fn each_call_is_signed_with_the_key_that_belongs_to_it() {
    let stand_in = StandIn::start().await;
    let phone = enrolled(&server(&stand_in)).await;
    let id = stand_in.change(|world| world.ask(2, RequestKind::Approval));
    let view = phone.requests(0, 0).await.unwrap();
    phone.receipts(ReachWay::Push, vec![id]).await.unwrap();
    phone.answer(&view.requests[0], Answer::Deny).await.unwrap();
    let over = phone.answer(&view.requests[0], Answer::Approve(Some(number(NUMBER)))).await;
    assert_eq!(over.unwrap_err().code(), Some("not_open"));
    phone.history().await.unwrap();
    phone.start_move(None).await.unwrap();
    phone.cancel_move().await.unwrap();
    phone.remove().await.unwrap();
    let calls = stand_in.world().calls.clone();
    let device: Vec<_> =
        calls.iter().filter(|call| call.1 == "device").map(|call| call.0.as_str()).collect();
    let answers = format!("POST /requests/{id}/answers");
    assert_eq!(device, ["GET /requests", "POST /receipts", &answers, "GET /history"]);
    assert_eq!(phone.account().await.unwrap_err().code(), Some("phone_gone"));
}

#[tokio::test]
async fn an_answer_says_what_the_request_showed() {
    let stand_in = StandIn::start().await;
    let phone = enrolled(&server(&stand_in)).await;
    stand_in.change(|world| world.ask(2, RequestKind::Approval));
    let request = phone.requests(0, 0).await.unwrap().requests.remove(0);
    let wrong = phone.answer(&request, Answer::Approve(Some(number("000000")))).await.unwrap();
    assert_eq!((wrong.outcome, wrong.tries_left), (Outcome::WrongNumber, Some(1)));
    let right = phone.answer(&request, Answer::Approve(Some(number(NUMBER)))).await.unwrap();
    assert_eq!((right.outcome, right.session), (Outcome::Approved, true));
    let said = stand_in.world().statements.pop().unwrap();
    assert_eq!(said.answer, AnswerWord::Approve);
    assert_eq!((said.login, said.application), (request.id, request.application.id));
    assert_eq!((said.address, said.match_number), (request.client.address, Some(number(NUMBER))));
}

#[tokio::test]
async fn a_poll_and_a_stream_tell_of_a_change_at_once() {
    let stand_in = StandIn::start().await;
    let phone = enrolled(&server(&stand_in)).await;
    let first = phone.requests(0, 0).await.unwrap();
    assert!(first.requests.is_empty());
    let mut live = phone.live().await.unwrap();
    assert_eq!(live.next().await.unwrap().unwrap(), first);

    let waiting = {
        let (phone, after) = (phone.clone(), first.version);
        tokio::spawn(async move { phone.requests(after, 45).await })
    };
    tokio::task::yield_now().await;
    let id = stand_in.change(|world| world.ask(2, RequestKind::Approval));
    let soon = Duration::from_secs(10);
    let polled = timeout(soon, waiting).await.unwrap().unwrap().unwrap();
    let streamed = timeout(soon, live.next()).await.unwrap().unwrap().unwrap();
    assert_eq!((polled.requests[0].id, streamed.requests[0].id), (id, id));
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once() {
    for ahead_secs in [7_200, -7_200] {
        let stand_in = StandIn::start().await;
        stand_in.world().ahead_secs = ahead_secs;
        let server = server(&stand_in);
        let phone = enrolled(&server).await;
        assert!((server.clock_correction_secs() - ahead_secs).abs() < 5);
        stand_in.world().calls.clear();
        phone.account().await.unwrap();
        assert_eq!(stand_in.world().calls.len(), 1, "right at once");

        // A clock that cannot be got right is told, after one correction.
        stand_in.world().ahead_secs = 0;
        phone.account().await.unwrap();
        assert!(server.clock_correction_secs().abs() < 5);
    }
}

#[tokio::test]
async fn what_is_no_authx_is_told_apart_from_nobody() {
    let stand_in = StandIn::start().await;
    let server = server(&stand_in);
    let strange = server.about().await.unwrap_err();
    assert!(matches!(strange, CallError::NotAuthx { status: 404, .. }), "{strange}");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = Server::new(format!("http://{closed}").parse().unwrap(), &[]).unwrap();
    let error = nobody.look(invitation()).await.unwrap_err();
    assert!(error.may_pass() && error.to_string().contains("no connection"), "{error}");
    let unknown = Server::new("https://phone.nowhere.invalid".parse().unwrap(), &[]).unwrap();
    let error = unknown.about().await.unwrap_err().to_string();
    assert!(error.contains("the name phone.nowhere.invalid has no address"), "{error}");
}

#[tokio::test]
async fn keys_that_were_kept_sign_as_before() {
    let stand_in = StandIn::start().await;
    let phone = enrolled(&server(&stand_in)).await;
    let kept = serde_json::to_string(&phone.keys().keep()).unwrap();
    assert_eq!(format!("{:?}", phone.keys().keep()).matches('…').count(), 3, "hidden");
    let kept: authx_phone::KeptKeys = serde_json::from_str(&kept).unwrap();
    let keys = (&kept).try_into().unwrap();
    let again = Phone::new(server(&stand_in), phone.id(), keys);
    assert_eq!(again.account().await.unwrap().phone, phone.id());

    // The server knows the phone, but not this key.
    let stranger = enrolled(&server(&stand_in)).await;
    let keys = (&stranger.keys().keep()).try_into().unwrap();
    let impostor = Phone::new(server(&stand_in), phone.id(), keys);
    assert_eq!(impostor.account().await.unwrap_err().code(), Some("signature"));
    let nobody =
        Phone::new(server(&stand_in), PhoneId::from_bytes([9; 16]), (&kept).try_into().unwrap());
    assert_eq!(
        nobody.end(LoginId::from_bytes([1; 16])).await.unwrap_err().code(),
        Some("phone_gone")
    );
}
