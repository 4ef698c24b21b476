pub(crate) mod job {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "jobs")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) queue: String,
        pub(crate) name: String,
        /// JSON, or its sealed form when `sealed`.
        pub(crate) payload: String,
        pub(crate) sealed: bool,
        pub(crate) payload_version: i32,
        pub(crate) owner_id: Option<Uuid>,
        pub(crate) state: String,
        pub(crate) priority: i32,
        pub(crate) attempt: i32,
        pub(crate) max_attempts: i32,
        pub(crate) timeout_ms: i64,
        pub(crate) run_at: i64,
        pub(crate) lease_until: Option<i64>,
        pub(crate) leased_by: Option<Uuid>,
        pub(crate) unique_key: Option<String>,
        pub(crate) last_error: Option<String>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub(crate) progress: Option<Json>,
        pub(crate) cancel_requested: bool,
        pub(crate) created_at: i64,
        pub(crate) finished_at: Option<i64>,
        /// Where who queued it stood in a trace.
        pub(crate) traceparent: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod event {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox_events")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) r#type: String,
        pub(crate) version: i32,
        pub(crate) occurred_at: i64,
        pub(crate) owner_id: Uuid,
        pub(crate) subject_id: Uuid,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) data: Json,
        /// Given when the event is dispatched.
        pub(crate) sequence: Option<i64>,
        /// Where who published it stood in a trace.
        pub(crate) traceparent: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod counter {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox_counter")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: i32,
        pub(crate) value: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod schedule {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "job_schedules")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) name: String,
        pub(crate) next_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
