use std::marker::PhantomData;

use core_kernel::{Actor, Owner, Visibility};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, DeleteMany, EntityTrait, PrimaryKeyTrait, QueryFilter, Select, UpdateMany};

/// An entity whose rows belong to an [`Owner`].
pub trait Owned: EntityTrait {
    /// The column that names the owner.
    fn owner_column() -> Self::Column;
}

/// Queries that see one owner's rows only.
pub fn owned<E: Owned>(owner: Owner) -> Scoped<E> {
    Scoped { owner, entity: PhantomData }
}

/// Queries over everybody's rows, for administration, jobs and sign-in, where no owner is known yet. The reason is for the
/// reader of the code.
pub fn unscoped<E: EntityTrait>(_reason: &'static str) -> Unscoped<E> {
    Unscoped { entity: PhantomData }
}

/// Of a space's rows those that the actor may see: what is open to the space, and what they made themselves. `private` means its
/// creator and nobody else, administrators included. Columns: visibility and creator.
pub fn visible_to<C: ColumnTrait>(actor: &Actor, visibility: C, created_by: C) -> Condition {
    Condition::any().add(visibility.eq(Visibility::Org.as_str())).add(created_by.eq(actor.author().get()))
}

/// Ends an entity whose rows belong to a space: it has no relations and no hooks, and this column names the owner. It stands in the module of the
/// `Model`.
///
/// ```
/// mod note {
///     use sea_orm::entity::prelude::*;
///
///     #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
///     #[sea_orm(table_name = "notes")]
///     pub(crate) struct Model {
///         #[sea_orm(primary_key, auto_increment = false)]
///         pub(crate) id: Uuid,
///         pub(crate) owner_id: Uuid,
///     }
///
///     core_db::owned_entity!(OwnerId);
/// }
/// assert!(matches!(<note::Entity as core_db::Owned>::owner_column(), note::Column::OwnerId));
/// ```
#[macro_export]
macro_rules! owned_entity {
    ($column:ident) => {
        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub(crate) enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}

        impl $crate::Owned for Entity {
            fn owner_column() -> Column {
                Column::$column
            }
        }
    };
}

/// See [`owned`].
#[derive(Debug)]
pub struct Scoped<E> {
    owner: Owner,
    entity: PhantomData<E>,
}

#[expect(clippy::disallowed_methods, reason = "the one place that turns raw finders into owned ones")]
impl<E: Owned> Scoped<E> {
    /// The owner's rows.
    pub fn select(&self) -> Select<E> {
        E::find().filter(E::owner_column().eq(self.owner.get()))
    }

    /// The row with this id, if it is the owner's.
    pub fn by_id(&self, id: <E::PrimaryKey as PrimaryKeyTrait>::ValueType) -> Select<E> {
        E::find_by_id(id).filter(E::owner_column().eq(self.owner.get()))
    }

    /// An update of the owner's rows.
    pub fn update_many(&self) -> UpdateMany<E> {
        E::update_many().filter(E::owner_column().eq(self.owner.get()))
    }

    /// A deletion of the owner's rows.
    pub fn delete_many(&self) -> DeleteMany<E> {
        E::delete_many().filter(E::owner_column().eq(self.owner.get()))
    }
}

/// See [`unscoped`].
#[derive(Debug)]
pub struct Unscoped<E> {
    entity: PhantomData<E>,
}

#[expect(clippy::disallowed_methods, reason = "the one place that lets raw finders through, with a reason at each caller")]
impl<E: EntityTrait> Unscoped<E> {
    /// All rows.
    pub fn select(&self) -> Select<E> {
        E::find()
    }

    /// The row with this id.
    pub fn by_id(&self, id: <E::PrimaryKey as PrimaryKeyTrait>::ValueType) -> Select<E> {
        E::find_by_id(id)
    }

    /// An update of rows.
    pub fn update_many(&self) -> UpdateMany<E> {
        E::update_many()
    }

    /// A deletion of rows.
    pub fn delete_many(&self) -> DeleteMany<E> {
        E::delete_many()
    }
}
