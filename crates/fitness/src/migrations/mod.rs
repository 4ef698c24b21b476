use core_db::{Columns, Ledger};
use sea_orm::DbErr;
use sea_orm::sea_query::{Alias, ColumnDef, Index, Table};
use sea_orm_migration::{MigrationTrait, SchemaManager};

/// The tables of fitness.
pub fn ledger() -> Ledger {
    Ledger { name: "fitness", migrations: vec![Box::new(CreateFitness), Box::new(AddSupersets), Box::new(MeasurementsByTime)] }
}

struct CreateFitness;

core_db::named_migration!(CreateFitness, "fitness_0001_fitness");

const TABLES: [&str; 7] = [
    "fitness_profiles",
    "fitness_exercises",
    "fitness_plans",
    "fitness_workouts",
    "fitness_sets",
    "fitness_measurements",
    "fitness_imports",
];

/// What every row has.
fn with_frame(columns: Vec<ColumnDef>) -> Vec<ColumnDef> {
    let frame = [Columns::id(), Columns::uuid("owner_id"), Columns::uuid("created_by")];
    let times = [Columns::integer("created_at"), Columns::integer("updated_at"), Columns::integer("version")];
    frame.into_iter().chain(columns).chain(times).collect()
}

fn profiles() -> Vec<ColumnDef> {
    vec![
        Columns::uuid("owner_id").primary_key().to_owned(),
        Columns::uuid("created_by"),
        Columns::text("birth_date"),
        Columns::text("sex"),
        Columns::integer("height_mm"),
        Columns::integer("mass_g"),
        Columns::text("units"),
        Columns::json("training"),
        Columns::integer("created_at"),
        Columns::integer("updated_at"),
        Columns::integer("version"),
    ]
}

fn workouts() -> Vec<ColumnDef> {
    with_frame(vec![
        Columns::uuid_null("plan_id"),
        Columns::integer_null("plan_day"),
        Columns::text("title"),
        Columns::text("notes"),
        Columns::integer("started_at"),
        Columns::integer_null("ended_at"),
        Columns::json("swaps"),
        Columns::text_null("source_key"),
    ])
}

fn sets() -> Vec<ColumnDef> {
    with_frame(vec![
        Columns::uuid("workout_id"),
        Columns::text("exercise"),
        Columns::text("kind"),
        Columns::integer_null("load_g"),
        Columns::integer_null("reps"),
        Columns::integer_null("seconds"),
        Columns::integer_null("metres"),
        Columns::integer_null("rir_tenths"),
        Columns::integer_null("rest_seconds"),
        Columns::text("notes"),
        Columns::integer("done_at"),
    ])
}

fn measurements() -> Vec<ColumnDef> {
    with_frame(vec![
        Columns::text("kind"),
        Columns::integer("value"),
        Columns::integer("measured_at"),
        Columns::text("notes"),
        Columns::text_null("source_key"),
    ])
}

fn imports() -> Vec<ColumnDef> {
    with_frame(vec![
        Columns::text("source"),
        Columns::text("status"),
        Columns::json("options"),
        Columns::text_null("problem_code"),
        Columns::text_null("problem_detail"),
        Columns::json_null("result"),
    ])
}

#[async_trait::async_trait]
impl MigrationTrait for CreateFitness {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(Columns::table("fitness_profiles", profiles())).await?;
        let exercises = with_frame(vec![Columns::text("slug"), Columns::json("document")]);
        manager.create_table(Columns::table("fitness_exercises", exercises)).await?;
        let plans = with_frame(vec![Columns::text("name"), Columns::boolean("archived"), Columns::json("document")]);
        manager.create_table(Columns::table("fitness_plans", plans)).await?;
        manager.create_table(Columns::table("fitness_workouts", workouts())).await?;
        manager.create_table(Columns::table("fitness_sets", sets())).await?;
        manager.create_table(Columns::table("fitness_measurements", measurements())).await?;
        manager.create_table(Columns::table("fitness_imports", imports())).await?;
        let indexes: [(&str, &[&str], bool); 8] = [
            ("fitness_exercises", &["owner_id", "slug"], true),
            ("fitness_plans", &["owner_id", "created_at", "id"], false),
            ("fitness_workouts", &["owner_id", "started_at", "id"], false),
            ("fitness_workouts", &["owner_id", "source_key"], true),
            ("fitness_sets", &["owner_id", "workout_id", "id"], false),
            ("fitness_sets", &["owner_id", "exercise", "done_at"], false),
            ("fitness_measurements", &["owner_id", "kind", "measured_at", "id"], false),
            ("fitness_imports", &["owner_id", "created_at", "id"], false),
        ];
        for (table, columns, unique) in indexes {
            manager.create_index(Columns::index(table, columns, unique)).await?;
        }
        manager.create_index(Columns::index("fitness_measurements", &["owner_id", "source_key"], true)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(Alias::new(table)).to_owned()).await?;
        }
        Ok(())
    }
}

/// For the list of all kinds: by the index of one kind each page would sort everything that its owner has measured.
struct MeasurementsByTime;

core_db::named_migration!(MeasurementsByTime, "fitness_0003_measurements_by_time");

#[async_trait::async_trait]
impl MigrationTrait for MeasurementsByTime {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(Columns::index("fitness_measurements", &["owner_id", "measured_at", "id"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .table(Alias::new("fitness_measurements"))
            .name("fitness_measurements_owner_id_measured_at_id")
            .to_owned();
        manager.drop_index(index).await
    }
}

struct AddSupersets;

core_db::named_migration!(AddSupersets, "fitness_0002_supersets");

#[async_trait::async_trait]
impl MigrationTrait for AddSupersets {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sets = Table::alter().table(Alias::new("fitness_sets")).add_column(Columns::integer_null("superset")).to_owned();
        manager.alter_table(sets).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sets = Table::alter().table(Alias::new("fitness_sets")).drop_column(Alias::new("superset")).to_owned();
        manager.alter_table(sets).await
    }
}
