//! Commands that are rejected, each with its code.

use super::*;

#[test]
fn a_start_is_refused() {
    let refuse = |code: &str, start: Start| assert_eq!(World::new().refused(Event::Start(start)), code);
    refuse("SCOPE_MISSING", Start { by: operator(), ..start("2") });
    refuse("SCOPE_MISSING", Start { by: person("", "ml_lead"), ..start("2") });
    refuse("MODEL_UNVERIFIED", Start { is_verified: false, ..start("2") });
    refuse("MODEL_REJECTED", Start { status: ModelStatus::Rejected, ..start("2") });
    refuse("MODEL_IS_CHAMPION", start("1"));
    refuse("ROLE_MISSING", Start { by: pia(), ..start("2") });
    refuse("REPORT_REQUIRED", Start { report_sha256: String::new(), ..start("2") });
    refuse("GATES_CANNOT_HOLD_TOGETHER", Start { cannot_hold_together: true, ..start("2") });
    let people = |names: &[(&str, &str)]| -> Vec<Person> {
        names.iter().map(|(name, role)| Person { name: (*name).to_owned(), role: (*role).to_owned() }).collect()
    };
    for approvers in [people(&[]), people(&[("Ada", "ml_lead")]), people(&[("Ada", "ml_lead"), ("Pia", "product_manager")])] {
        refuse("FOUR_EYES", Start { approvers, ..start("2") });
    }
    // Nobody in the role at all: also without four eyes.
    let mut world = World::new();
    world.policy.gates.rules.four_eyes = false;
    assert_eq!(
        world.refused(Event::Start(Start { approvers: people(&[("Pia", "product_manager")]), ..start("2") })),
        "FOUR_EYES"
    );
    world.ok(Event::Start(Start { approvers: people(&[("Ada", "ml_lead")]), ..start("2") }));
    assert_eq!(world.refused(Event::Start(start("3"))), "ROLLOUT_ACTIVE");
}

#[test]
fn a_start_is_accepted_with_an_approval_of_the_model_or_an_acknowledgement() {
    let approved_by = vec![Person { name: "Bo".to_owned(), role: "ml_lead".to_owned() }];
    for start in
        [Start { by: pia(), approved_by, ..start("2") }, Start { cannot_hold_together: true, acknowledge: true, ..start("2") }]
    {
        World::new().ok(Event::Start(start));
    }
}

#[test]
fn an_approval_is_refused() {
    let mut world = World::new();
    let nothing = Approve { by: bo(), evidence_sha256: String::new(), comment: String::new(), plan: None };
    assert_eq!(world.refused(Event::Approve(nothing)), "NOT_IN_STAGE");

    let mut world = World::in_stage(Stage::Shadow);
    let approval = world.approval(bo());
    assert_eq!(world.refused(Event::Approve(approval)), "GATES_NOT_MET");
    world.look(&[]);
    let by = |by: Actor| Event::Approve(world.approval(by));
    let cases = [
        (by(operator()), "SCOPE_MISSING"),
        (by(pia()), "ROLE_MISSING"),
        (by(ada()), "FOUR_EYES"),
        (Event::Approve(Approve { evidence_sha256: "another look".to_owned(), ..world.approval(bo()) }), "LOOK_STALE"),
    ];
    for (event, code) in cases {
        assert_eq!(world.refused(event), code);
    }
    // A look is valid for seven days.
    let mut late = world.clone();
    late.now += 7 * DAY_MS + 1;
    let approval = late.approval(bo());
    assert_eq!(late.refused(Event::Approve(approval)), "LOOK_STALE");
    // Who started may approve where four eyes are not asked for.
    world.policy.gates.rules.four_eyes = false;
    world.approve(ada());
    assert_eq!(world.stage(), Stage::Canary);

    let mut world = World::in_stage(Stage::Full);
    let approval = world.approval(bo());
    assert_eq!(world.refused(Event::Approve(approval)), "NOT_IN_STAGE");
}

#[test]
fn open_gates_are_named_with_what_was_found() {
    let mut world = World::in_stage(Stage::Shadow);
    world.look(&[(Gate::PerfAuc, Outcome::InsufficientData), (Gate::DataDrift, Outcome::Inconclusive)]);
    let approval = world.approval(bo());
    let error = world.attempt(Event::Approve(approval)).unwrap_err();
    let TransitionError::GatesNotMet { gates, .. } = &error else { panic!("{error}") };
    assert_eq!(gates[..], [(Gate::PerfAuc, Some(Outcome::InsufficientData)), (Gate::DataDrift, Some(Outcome::Inconclusive))]);
    assert_eq!(error.to_string(), "Shadow cannot be left yet: perf.auc has too little data, data.drift is too close to call.");
}

#[test]
fn the_test_needs_a_plan_that_holds_enough_leads() {
    let mut world = World::in_stage(Stage::Canary);
    world.look(&[]);
    let approve = |world: &World, plan| Event::Approve(Approve { plan, ..world.approval(bo()) });
    assert_eq!(world.refused(approve(&world.clone(), None)), "NOT_IN_STAGE");
    // 1,750 leads per arm and week: 5,000 take three weeks.
    let error = world.attempt(approve(&world.clone(), Some(plan(2)))).unwrap_err();
    assert_eq!(error.code(), "TEST_TOO_SHORT");
    assert!(error.to_string().ends_with("Plan 3 weeks."), "{error}");
    world.ok(approve(&world.clone(), Some(plan(3))));
    assert_eq!(world.rollout().test.as_ref().unwrap().plan, plan(3));
}

#[test]
fn approvals_of_another_plan_do_not_add_up() {
    let mut world = World::in_stage(Stage::Canary);
    world.policy.stage.canary.approve = vec!["ml_lead".to_owned(), "product_manager".to_owned()];
    world.look(&[]);
    let approve = |world: &World, by, weeks| Event::Approve(Approve { plan: Some(plan(weeks)), ..world.approval(by) });
    world.ok(approve(&world.clone(), bo(), 6));
    world.ok(approve(&world.clone(), pia(), 8));
    assert_eq!(world.stage(), Stage::Canary);
    world.ok(approve(&world.clone(), bo(), 8));
    assert_eq!((world.stage(), world.rollout().test.as_ref().unwrap().plan.weeks), (Stage::AbTest, 8));
}

#[test]
fn approvals_lapse_with_time_and_with_another_outcome() {
    let mut world = World::in_stage(Stage::AbTest);
    world.look(&[(Gate::GovDays, Outcome::InsufficientData)]);
    world.look(&[]);
    world.approve(bo());
    world.days(7);
    let actions = world.ok(Event::Watch { newest_row_ms: None });
    assert!(messages(&actions)[0].starts_with("The approval of Bo is more than 7 days old"), "{:?}", messages(&actions));
    world.approve(pia());
    assert_eq!(world.stage(), Stage::AbTest);
    world.approve(bo());
    assert_eq!(world.stage(), Stage::Full);

    let mut world = World::in_stage(Stage::Shadow);
    world.policy.stage.shadow.approve = vec!["ml_lead".to_owned(), "product_manager".to_owned()];
    world.look(&[]);
    world.approve(bo());
    world.days(6);
    world.look(&[]);
    assert_eq!(world.rollout().approvals.len(), 1, "the same outcomes leave an approval in force");
    world.look(&[(Gate::DataDrift, Outcome::Inconclusive)]);
    assert!(world.rollout().approvals.is_empty());
}

#[test]
fn commands_without_a_rollout_are_refused() {
    let reason = String::new;
    for event in [
        Event::Hold { by: operator(), reason: reason(), until_ms: None },
        Event::Resume { by: operator(), reason: reason() },
        Event::Waive { by: bo(), gate: Gate::PerfAuc, reason: "early".to_owned() },
        Event::PostMortem { by: operator(), version: "1".to_owned(), document_sha256: "pm".to_owned() },
    ] {
        assert_eq!(World::new().refused(event), "NOT_IN_STAGE");
    }
}
