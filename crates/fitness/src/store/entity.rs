macro_rules! entity {
    ($(#[$meta:meta])* $module:ident, $table:literal { $($(#[$attr:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        pub(crate) mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub(crate) struct Model {
                $($(#[$attr])* pub(crate) $field: $type,)*
                pub(crate) created_at: i64,
                pub(crate) updated_at: i64,
                pub(crate) version: i64,
            }

            core_db::owned_entity!(OwnerId);
        }
    };
}

entity!(profile, "fitness_profiles" {
    /// The person, whose id is also that of the personal space that owns the row.
    #[sea_orm(primary_key, auto_increment = false)]
    owner_id: Uuid,
    created_by: Uuid,
    birth_date: String,
    sex: String,
    height_mm: i64,
    mass_g: i64,
    units: String,
    #[sea_orm(column_type = "JsonBinary")]
    training: Json,
});

entity!(exercise, "fitness_exercises" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    owner_id: Uuid,
    created_by: Uuid,
    slug: String,
    #[sea_orm(column_type = "JsonBinary")]
    document: Json,
});

entity!(plan, "fitness_plans" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    owner_id: Uuid,
    created_by: Uuid,
    name: String,
    archived: bool,
    #[sea_orm(column_type = "JsonBinary")]
    document: Json,
});

entity!(workout, "fitness_workouts" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    owner_id: Uuid,
    created_by: Uuid,
    plan_id: Option<Uuid>,
    plan_day: Option<i64>,
    title: String,
    notes: String,
    started_at: i64,
    ended_at: Option<i64>,
    #[sea_orm(column_type = "JsonBinary")]
    swaps: Json,
    source_key: Option<String>,
});

entity!(set, "fitness_sets" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    owner_id: Uuid,
    created_by: Uuid,
    workout_id: Uuid,
    exercise: String,
    kind: String,
    load_g: Option<i64>,
    reps: Option<i64>,
    seconds: Option<i64>,
    metres: Option<i64>,
    rir_tenths: Option<i64>,
    rest_seconds: Option<i64>,
    superset: Option<i64>,
    notes: String,
    done_at: i64,
});

entity!(measurement, "fitness_measurements" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    owner_id: Uuid,
    created_by: Uuid,
    kind: String,
    value: i64,
    measured_at: i64,
    notes: String,
    source_key: Option<String>,
});

entity!(import, "fitness_imports" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    owner_id: Uuid,
    created_by: Uuid,
    source: String,
    status: String,
    #[sea_orm(column_type = "JsonBinary")]
    options: Json,
    problem_code: Option<String>,
    problem_detail: Option<String>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    result: Option<Json>,
});
