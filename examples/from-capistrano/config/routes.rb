Rails.application.routes.draw do
  root "pages#show"
  get "slow", to: "pages#slow"
end
